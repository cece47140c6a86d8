//! The pane of the selected process or group: its state, and how it is drawn.

use ratatui::layout::Rect;

use super::details::{Details, Subject, Tab};
use super::keymap::Keymap;
use super::layout;
use super::paint::{Canvas, Piece, line_of, title_piece_at, total_width};
use super::rows;
use super::scene::Scene;
use super::theme::Role;

/// The state: whose details, as lines, and how far they are scrolled down.
#[derive(Debug, Default)]
pub(super) struct DetailsView {
    of: Option<Subject>,
    tab: Tab,
    lines: Details,
    top: usize,
    height: usize,
}

impl DetailsView {
    /// Brings the lines up to date for a pane; another subject is shown from its beginning.
    /// While the scene is `moving` this is called several times a second.
    pub(super) fn update(
        &mut self,
        (scene, keymap): (&Scene<'_>, &Keymap),
        of: Option<Subject>,
        area: Rect,
        moving: bool,
    ) {
        let is_same = self.of.zip(of).is_some_and(|(former, of)| former.is(&of));
        if !is_same {
            self.top = 0;
        }
        let former = std::mem::take(&mut self.lines);
        self.lines = match &of {
            Some(Subject::Process(id)) => {
                Details::about((scene, keymap), (*id, self.tab), text_width(area), moving, former)
            }
            Some(Subject::Group(key, facts)) => {
                Details::about_group((scene, keymap), (*key, facts), text_width(area))
            }
            None => Details::default(),
        };
        self.of = of;
        self.height = layout::content(area).height.into();
        self.scroll_by(0);
    }

    pub(super) fn scroll_by(&mut self, lines: isize) {
        let last_top = self.lines.len().saturating_sub(self.height.max(1));
        self.top = self.top.saturating_add_signed(lines).min(last_top);
    }

    /// To another page.
    pub(super) fn turn(&mut self, by: isize) {
        self.tab = self.tab.turned(by);
        self.top = 0;
    }

    /// To this page.
    pub(super) fn turn_to(&mut self, tab: Tab) {
        self.tab = tab;
        self.top = 0;
    }

    /// The page whose name stands in this column of the screen, in the title of a pane.
    pub(super) fn tab_at(&self, pane: Rect, column: u16) -> Option<Tab> {
        let (left, right) = (self.title(pane.width.into()), self.position());
        let name =
            title_piece_at(layout::title(pane), &left, &right, column)?.text.trim_matches(['[', ']', ' ']);
        Tab::all().find(|tab| tab.name() == name)
    }

    pub(super) const fn height(&self) -> usize {
        self.height
    }

    pub(super) fn draw(&self, area: Rect, focused: bool, canvas: &mut Canvas<'_>) {
        if area.is_empty() {
            return;
        }
        let content = layout::content(area);
        canvas.title(layout::title(area), focused, &self.title(area.width.into()), &self.position());
        for (index, line) in self.lines.iter_from(self.top).enumerate() {
            let Some(on) = line_of(content, index) else { break };
            canvas.pieces(on, 1, line);
        }
    }

    /// With the names of all pages where there is room for them. Of a group there is but one.
    fn title(&self, width: usize) -> Vec<Piece> {
        let details = Piece::new("Details", Role::Strong);
        let of = match &self.of {
            Some(Subject::Process(id)) => format!("  {}  ", id.pid),
            Some(Subject::Group(_, facts)) => {
                return vec![details, Piece::plain(format!("  {}", rows::group_name(facts)))];
            }
            None => "  ".to_owned(),
        };
        let mut title = vec![details, Piece::plain(of)];
        let chosen = Piece::new(format!("[{}]", self.tab.name()), Role::Strong);
        let name = |tab: Tab| match tab == self.tab {
            true => chosen.clone(),
            false => Piece::new(format!(" {} ", tab.name()), Role::Faint),
        };
        let tabs: Vec<_> = Tab::all().map(name).collect();
        let place = Tab::all().position(|tab| tab == self.tab).unwrap_or(0) + 1;
        let counted = vec![chosen.clone(), Piece::new(format!(" {place}/{}", tabs.len()), Role::Faint)];
        let used = total_width(&title) + total_width(&tabs) + 4;
        let has_room = total_width(&title) + total_width(&counted) + 4 <= width;
        title.extend(match used <= width {
            true => tabs,
            false if has_room => counted,
            false => Vec::new(),
        });
        title
    }

    fn position(&self) -> Vec<Piece> {
        let below = self.lines.len().saturating_sub(self.top + self.height);
        if below == 0 { Vec::new() } else { vec![Piece::plain(format!("{below} more below"))] }
    }
}

/// The columns for the lines in a pane.
fn text_width(area: Rect) -> usize {
    usize::from(area.width).saturating_sub(2)
}
