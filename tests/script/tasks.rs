//! A guided task by keys on a real workspace: begun, left and resumed, done with the ordinary commands, ended.

use super::first_day::Live;

#[test]
fn a_task_is_begun_left_resumed_and_shown_on_paper() {
    let folder = tempfile::tempdir().unwrap();
    let mut live = Live::new(folder.path());
    live.press(";").sees("Guided tasks").press("<end>").sees("Begin f-9").press("<home> <ret>");
    live.sees("Secure a server").text("root").press("<tab>").text("mail").press("C-s").sees("0 of 12 done");
    // The step opens the ordinary form; leaving it loses nothing of the task.
    live.press("<ret>").sees("New certifier").press("<esc>").press(";").sees("(0/12): Make the certifier");
    live.press("<ret> <ret>")
        .text("root")
        .press("<ret>")
        .text("Example Root CA")
        .press("<tab>")
        .text("Example");
    live.press("<pgdn> <up>")
        .text("ca-pass")
        .press("<tab>")
        .text("ca-pass")
        .press("C-s")
        .sees("root is made");
    live.press("; <ret>").sees("1 of 12 done").press("t").sees("Note").text("envelope 7").press("<ret>");
    live.sees("2 of 12 done").press("k t").sees("seen in the workspace itself");
    live.press("j").sees("envelope 7").press("t").sees("1 of 12 done");
    live.press("p").sees("Receipt: Secure a server").press("<esc>");
    live.press("e").sees("What wf-a-").press("<esc>");
    live.press("f j <ret>").sees("ended").press("<esc> ;").sees("Ended: wf-a-");
}
