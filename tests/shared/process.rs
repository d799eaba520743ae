//! Runs the example, in a folder of the test's own.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use serde_json::Value;

use crate::EXAMPLE;

/// The example, brought up to date with the same profile as this test: cargo does nothing if it is.
fn example() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let test = std::env::current_exe().expect("this test is a file");
        let folder = test
            .ancestors()
            .nth(2)
            .expect("a test lies in target/<profile>/deps");
        let target = folder.parent().expect("a profile lies in target");
        let name = folder
            .file_name()
            .and_then(|name| name.to_str())
            .expect("a profile has a name");
        let profile = if name == "debug" { "test" } else { name };
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args([
            "build",
            "--quiet",
            "--example",
            EXAMPLE,
            "--profile",
            profile,
        ]);
        cargo
            .arg("--target-dir")
            .arg(target)
            .current_dir(env!("CARGO_MANIFEST_DIR"));
        let built = cargo.status().is_ok_and(|status| status.success());
        let exe = folder
            .join("examples")
            .join(EXAMPLE)
            .with_extension(std::env::consts::EXE_EXTENSION);
        assert!(built || exe.exists(), "the example cannot be built");
        exe
    })
}

/// A folder for one test, empty at first.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(test: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{EXAMPLE}-{test}"));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).expect("the target directory can be written");
        Self(path)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), bytes).expect("the folder can be written");
    }

    /// Runs the example in this folder; the report goes there too, unless the flags say otherwise.
    pub(crate) fn run(&self, flags: &[&str]) -> Output {
        let mut command = Command::new(example());
        command.current_dir(&self.0).args(flags);
        if !flags.contains(&"--report") {
            command.args(["--report", "report.html"]);
        }
        command.output().expect("the example runs")
    }

    /// Runs it with `--json`, well.
    pub(crate) fn json(&self, flags: &[&str]) -> Value {
        let output = self.run(&[flags, &["--json"]].concat());
        let said = String::from_utf8(output.stdout).expect("text");
        assert_eq!(
            output.status.code(),
            Some(0),
            "{said}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert_eq!(said.matches('\n').count(), 1, "one line: {said}");
        serde_json::from_str(&said).expect("JSON")
    }

    /// Runs it in vain: exit status 2, nothing said but one sentence, which is returned.
    pub(crate) fn sentence(&self, flags: &[&str]) -> String {
        let output = self.run(flags);
        let said = String::from_utf8(output.stderr).expect("text");
        assert_eq!(output.status.code(), Some(2), "{flags:?}: {said}");
        assert!(output.stdout.is_empty(), "{flags:?}");
        let sentence = said
            .strip_prefix(EXAMPLE)
            .and_then(|said| said.strip_prefix(": "))
            .expect("who says it");
        let sentence = sentence.strip_suffix('\n').expect("a line");
        assert!(
            !sentence.contains('\n') && sentence.len() < 400,
            "one clear sentence: {sentence}"
        );
        assert!(!sentence.contains("panicked"), "{sentence}");
        sentence.to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }
}
