//! The arguments of an image, one a line.

use super::{DetailLine, Page};
use crate::model::event::{Image, ImageRef};
use crate::text;
use crate::ui::command_text::head;
use crate::ui::paint::Piece;
use crate::ui::theme::Role;

/// Bytes of arguments that are shown; the rest is counted.
const ARGUMENT_BYTES: usize = 64 << 10;

/// The lines of an image's arguments. They may be thousands: they are kept while the image and the width are the same.
#[derive(Debug)]
pub(super) struct Arguments {
    image: Image,
    width: usize,
    pub(super) lines: Vec<DetailLine>,
}

impl Page<'_> {
    pub(super) fn kept_arguments(&mut self, image: ImageRef<'_>, former: Option<Arguments>) -> Arguments {
        let is_same = |former: &Arguments| former.width == self.width && former.image.view() == image;
        former.filter(is_same).unwrap_or_else(|| {
            self.arguments(image);
            let lines = std::mem::take(&mut self.lines);
            Arguments { image: image.to_image(), width: self.width, lines }
        })
    }

    fn arguments(&mut self, image: ImageRef<'_>) {
        let mut room = ARGUMENT_BYTES;
        let mut args = image.args().enumerate();
        for (index, arg) in args.by_ref() {
            let shown = head(arg, room);
            let mut value = text::sanitise(shown).into_owned();
            let cut = arg.len() - shown.len();
            if cut > 0 {
                value.push_str(&format!("… {} more bytes", text::count(cut as u64)));
            }
            self.wrapped(Piece::new(format!("{index:>3}  "), Role::Label), &value, Role::Plain);
            room = room.saturating_sub(shown.len() + 1);
            if room == 0 {
                break;
            }
        }
        let more = args.count();
        if more > 0 {
            self.remark(format!("and {} more", text::count(more as u64)));
        }
        if image.argv_truncated_bytes > 0 {
            self.remark(format!("{} bytes beyond the cap", text::count(image.argv_truncated_bytes)));
        }
        if image.argv_unreadable {
            self.remark("the rest could not be read".to_owned());
        }
    }
}
