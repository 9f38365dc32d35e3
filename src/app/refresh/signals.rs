//! What the system says to the process of a run: nothing ends it but its end. SIGTERM is a wish for a pause.

use crate::model::refresh::WishFor;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Listens from the moment of the call, inside a runtime. `attended`: somebody at a terminal may press Ctrl-C, which is a wish
/// for a pause, too; the end of that terminal is none.
///
/// # Errors
/// A handler cannot be installed.
pub fn listen(attended: bool) -> std::io::Result<watch::Receiver<Option<WishFor>>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut quit = signal(SignalKind::quit())?;
    let mut hangup = signal(SignalKind::hangup())?;
    let (told, wishes) = watch::channel(None);
    tokio::spawn(async move {
        loop {
            let pause = tokio::select! {
                _ = terminate.recv() => true,
                _ = interrupt.recv() => attended,
                _ = quit.recv() => attended,
                _ = hangup.recv() => false,
            };
            if pause {
                told.send_replace(Some(WishFor::Pause));
            }
        }
    });
    Ok(wishes)
}
