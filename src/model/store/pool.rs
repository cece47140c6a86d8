//! Values at places that are given out again.

/// Each value is found by its number; that of one that was removed is given to a later one.
#[derive(Clone, Debug)]
pub(in crate::model) struct Pool<T> {
    values: Vec<T>,
    free: Vec<u32>,
}

impl<T> Default for Pool<T> {
    fn default() -> Self {
        Self { values: Vec::new(), free: Vec::new() }
    }
}

impl<T: Default> Pool<T> {
    /// Returns where it is from now on. There are never so many that a number would not do.
    pub(in crate::model) fn insert(&mut self, value: T) -> u32 {
        if let Some(number) = self.free.pop()
            && let Some(place) = self.values.get_mut(number as usize)
        {
            *place = value;
            return number;
        }
        self.values.push(value);
        u32::try_from(self.values.len() - 1).unwrap_or(u32::MAX)
    }

    /// Takes out what is there; who asks for it later finds nothing.
    pub(in crate::model) fn remove(&mut self, number: u32) -> T {
        let Some(place) = self.values.get_mut(number as usize) else { return T::default() };
        self.free.push(number);
        std::mem::take(place)
    }

    pub(in crate::model) fn get(&self, number: u32) -> Option<&T> {
        self.values.get(number as usize)
    }

    pub(in crate::model) fn get_mut(&mut self, number: u32) -> Option<&mut T> {
        self.values.get_mut(number as usize)
    }
}
