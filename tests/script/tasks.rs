//! A guided task by keys on a real workspace: begun, left and resumed, done with the ordinary commands, ended.

use super::first_day::Live;
use ringmaster::desk::Desk;

#[test]
fn a_task_is_begun_left_resumed_and_shown_on_paper() {
    let folder = tempfile::tempdir().unwrap();
    let mut live = Live::new(folder.path());
    live.press(";").sees("Guided tasks").press("<end>").sees("Begin f-9").press("<home> <ret>");
    // What it makes has to have a name: the checklist finds it by that.
    live.sees("Secure a server")
        .sees("From nothing to a server")
        .press("C-s")
        .sees("needs the name of the certifier");
    live.press("<esc>").text("root").press("<tab>").text("mail").press("C-s").sees("0 of 12 done");
    // The step opens the ordinary form, which knows the name; leaving it loses nothing of the task.
    live.press("<ret>").sees("New certifier").sees("root").press("<esc>").sees("0 of 12 done");
    live.press("<esc> ;")
        .sees("(0/12): Make the certifier")
        .press("<ret> j j j j j <ret>")
        .sees("is not there yet");
    live.press("g <ret>").text("Example Root CA").press("<tab>").text("Example");
    live.press("<pgdn> <up>")
        .text("ca-pass")
        .press("<tab>")
        .text("ca-pass")
        .press("C-s")
        .sees("root is made");
    // The checklist goes on by itself.
    live.sees("1 of 12 done").press("t").sees("Note").text("envelope 7").press("<ret>");
    live.sees("2 of 12 done").press("k k t").sees("seen in the workspace itself");
    live.press("j").sees("envelope 7").press("t").sees("1 of 12 done");
    // A step that goes to a list is come back from with the key of tasks.
    live.press("G k <ret>").sees("back to the task").press(";").sees("1 of 12 done");
    live.press("p").sees("Receipt: Secure a server").press("<esc>");
    live.press("e").sees("What wf-a-").press("<esc>");
    live.press("f j <ret>")
        .sees("ended")
        .sees("Receipt: Secure a server")
        .press("<esc> <esc> ;")
        .sees("Ended: wf-a-");
}

#[test]
fn a_task_is_about_what_is_selected_and_goes_on_whatever_was_done() {
    let folder = tempfile::tempdir().unwrap();
    super::authority::furnished(folder.path());
    // A CRL of the second in which the task is begun would count as signed since.
    let made = Desk::now();
    while Desk::now() == made {
        std::thread::yield_now();
    }
    let mut live = Live::new(folder.path());
    live.press("5 ;").press("<end> <up> <up> <ret>").sees("The regular CRL day").press("C-s");
    live.sees("0 of 5 done").press("t").text("two are owed").press("<ret>").sees("1 of 5 done");
    live.press("<ret>").sees("The next CRL of root").press("<ret>").text("ca-pass").press("<ret>");
    live.sees("2 of 5 done").press("t").text("by courier").press("<ret>").sees("3 of 5 done");
    // The proof records itself; the checklist stands below what it says, and goes on.
    live.press("<ret>").sees("Read a file").press("<down> <ret>");
    let served = folder.path().join("ring/certifiers/root/crl.der");
    live.text(served.to_str().unwrap()).press("<ret>").sees("What is served is CRL");
    live.press("<ret>").sees("4 of 5 done").press("p").sees("by courier");
}
