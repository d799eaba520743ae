//! What to run and how to say it.

/// The command line.
#[derive(Debug, Default, Clone)]
pub(crate) struct Args {
    pub(crate) json: bool,
    pub(crate) quick: bool,
    pub(crate) check: bool,
    /// Names of rows or of families of rows; empty for all.
    rows: Vec<String>,
    /// Those of them that are no row's own name.
    families: Vec<String>,
    /// Hidden: this is the child that builds a world, with this many schedules.
    pub(crate) world: Option<usize>,
}

pub(crate) const HELP: &str = "\
cargo bench --bench ratios -- [ROW…] [--quick] [--json] [--check]

ROW      runs only these rows (sold_out, admitted_2t) or families of rows (admitted, flash)
--quick  tiny sizes: shows that it works; its figures mean nothing
--json   one JSON object a row instead of the table
--check  exit status 1 if a row misses its goal

Without --bench, which cargo bench passes, it is as with --quick.";

impl Args {
    pub(crate) fn read(
        words: impl Iterator<Item = String>,
        known: &[&str],
    ) -> Result<Self, String> {
        let mut args = Self {
            quick: true,
            ..Self::default()
        };
        let mut asked_quick = false;
        for word in words {
            match word.as_str() {
                // cargo bench passes it, cargo test doesn't.
                "--bench" => args.quick = false,
                "--quick" => asked_quick = true,
                "--json" => args.json = true,
                "--check" => args.check = true,
                "--help" | "-h" => return Err(HELP.to_owned()),
                row if known.contains(&row) => args.rows.push(word),
                family if known.iter().any(|row| is_of(row, family)) => {
                    args.families.push(word.clone());
                    args.rows.push(word);
                }
                other => {
                    if let Some(count) = other.strip_prefix("--world=") {
                        args.world = count.parse().ok();
                        continue;
                    }
                    return Err(format!(
                        "{other} is neither a row nor a flag. The rows: {}\n\n{HELP}",
                        known.join(", ")
                    ));
                }
            }
        }
        args.quick |= asked_quick;
        Ok(args)
    }

    /// Whether a row is wanted: by its name, or by the beginning that it shares with others.
    pub(crate) fn wants(&self, row: &str) -> bool {
        self.rows.is_empty()
            || self.rows.iter().any(|wanted| {
                wanted == row || (self.families.contains(wanted) && is_of(row, wanted))
            })
    }
}

/// Whether a row is of a family: `admitted_1t` is of `admitted`.
fn is_of(row: &str, family: &str) -> bool {
    row.strip_prefix(family)
        .is_some_and(|rest| rest.starts_with('_'))
}
