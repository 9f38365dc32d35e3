//! TEMPORARY
use super::{Clock, Inbox, panic};
use crate::console::message::{Area, Effect, KeyCode, Message};
use crate::console::run::{Ended, Program, run};
use jiff::Timestamp;
use ratatui::Frame;

struct Toy {
    area: Area,
    log: Vec<String>,
    count: usize,
    tick: u64,
    now: Timestamp,
}
impl Program for Toy {
    fn update(&mut self, message: Message, now: Timestamp) -> Vec<Effect> {
        self.now = now;
        self.count += 1;
        match &message {
            Message::Resize(area) => self.area = *area,
            Message::Tick => { self.tick += 1; return vec![]; }
            Message::Key(key) => {
                self.log.push(format!("{:?}", key.code));
                match key.code {
                    KeyCode::Char('q') => return vec![Effect::Leave { status: 0, problem: None }],
                    KeyCode::Char('c') if key.ctrl => return vec![Effect::Leave { status: 0, problem: None }],
                    KeyCode::Char('z') if key.ctrl => return vec![Effect::Suspend],
                    KeyCode::Char('l') if key.ctrl => return vec![Effect::Repaint],
                    _ => {}
                }
            }
            other => self.log.push(format!("{other:?}")),
        }
        vec![]
    }
    fn view(&self, frame: &mut Frame) {
        panic::on_request("render");
        let mut text = format!("? help Tasks {}x{} {}\n", self.area.width, self.area.height, self.now.strftime("%H:%M:%S"));
        for line in self.log.iter().rev().take(10) { text.push_str(line); text.push('\n'); }
        text.push_str(&"xyz ".repeat(if self.count % 2 == 0 { 500 } else { 400 }));
        frame.render_widget(ratatui::text::Text::raw(text), frame.area());
    }
    fn next_deadline(&self, now: Timestamp) -> Option<Timestamp> {
        Some(now + jiff::SignedDuration::from_secs(1))
    }
}

pub fn console() -> std::io::Result<Ended> {
    let inbox = Inbox::default();
    let rt = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    rt.spawn(async { tokio::time::sleep(std::time::Duration::from_millis(300)).await; panic::on_request("task") });
    run(|area, now| Box::new(Toy { area, log: vec![], count: 0, tick: 0, now }), &inbox, Clock::System, &mut |_| {})
}
