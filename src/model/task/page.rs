//! The page of the guides, `docs/tasks.md`: the table of guides in words.

use super::GUIDES;

/// Writes the reference of all guides, `docs/tasks.md`.
pub fn tasks_markdown() -> String {
    let mut out = String::from(
        "# Guided tasks\n\nThis page is made from the table of guides; `RINGMASTER_BLESS=1 cargo test docs` writes it anew.\n\n\
         `ringmaster task start KEY` begins one, and `;` in the console shows those that are begun. Each step is done with the ordinary\n\
         command that it names, by whoever is at hand, on any console; the program sees from the workspace that it is done. Only\n\
         what happens outside of the program is ticked by a person. A task is left and resumed at will, and ends in a receipt on\n\
         paper: `ringmaster task print NAME`.\n",
    );
    for guide in GUIDES {
        out.push_str(&format!("\n## {}: {}\n\n{}\n\n", guide.key, guide.title, guide.about));
        for (number, step) in guide.steps.iter().enumerate() {
            let how = match step.cli {
                "" => String::new(),
                cli => format!(" `ringmaster {cli}`"),
            };
            let told = match (step.takes_tick(), step.seen) {
                (false, _) => "",
                (true, None) => " *Ticked by a person.*",
                (true, Some(_)) => " *Seen, or ticked by a person.*",
            };
            out.push_str(&format!("{}. **{}.** {}{how}{told}\n", number + 1, step.title, step.why));
        }
    }
    out
}
