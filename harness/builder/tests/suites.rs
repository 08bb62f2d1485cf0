//! Small suites, each written down in one file of `tests/suites`, with what their builds have to give.
//!
//! A file is a script, run from top to bottom in a new temporary folder:
//!
//! * `# words`: what the file is about; only at its head
//! * `=== PATH`: writes the lines that follow to that file (`@out/..`: in the output folder, `@work/..`: in the work
//!   folder)
//! * `--- PATH`: removes that file
//! * `>>> cells [OPTION]..`: builds; the lines that follow are the trials with what there is to run (`brief`: first
//!   lines of messages only)
//! * `>>> log [OPTION]..`: builds; the lines that follow are the steps that were done
//! * `>>> case GUEST::CASE`: builds; the lines that follow are that case in the index
//! * `>>> out`: the files in the output folder
//!
//! * `=== @tools/NAME`: such a file is made a program
//!
//! Options of a build: `filter=WORD`, `require`, `no-tools`, `tools` (those of `@tools` only), `cc=COMMAND`, `install`,
//! `locked`, `hosts=A,B`. What the encoder says is left out: its own tests look at that.
//! `BLESS=1` writes what is seen into the files instead of comparing.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use libtest_mimic::{Arguments, Failed, Trial};
use polyfill_builder::index::{Artifact, Stage};
use polyfill_builder::{Built, Settings, Suite};
use polyfill_testing::golden;

fn main() {
    let arguments = Arguments::from_args();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suites");
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
        .expect("tests/suites is there")
        .map(|entry| entry.expect("tests/suites can be listed").path())
        .collect();
    // Programs made of a few lines of text are a Unix matter.
    files.retain(|file| cfg!(unix) || !std::fs::read_to_string(file).is_ok_and(|script| script.contains("@tools/")));
    files.sort();
    let trial = |path: PathBuf| {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Trial::test(name, move || check(&path))
    };
    libtest_mimic::run(&arguments, files.into_iter().map(trial).collect()).exit();
}

fn check(path: &Path) -> Result<(), Failed> {
    let script = std::fs::read_to_string(path)?;
    Ok(golden::check(path, &run(&script)?)?)
}

/// Runs a script; gives it back with what was seen in place of what was expected.
fn run(script: &str) -> Result<String, Failed> {
    let folder = tempfile::tempdir()?;
    let place = Place { root: folder.path().join("suite"), work: folder.path().join("work") };
    std::fs::create_dir_all(&place.root)?;
    let mut seen = String::new();
    let mut lines = script.lines().peekable();
    while let Some(line) = lines.next() {
        writeln!(seen, "{line}")?;
        let mut content = String::new();
        while let Some(next) = lines.next_if(|next| !is_command(next)) {
            writeln!(content, "{next}")?;
        }
        match line.split_once(' ') {
            Some(("===", path)) => {
                let path = place.file(path);
                std::fs::create_dir_all(path.parent().unwrap_or(&path))?;
                std::fs::write(&path, content.trim_end_matches('\n').to_string() + "\n")?;
                make_program(&path)?;
                seen.push_str(&content);
            }
            Some(("---", path)) => {
                std::fs::remove_file(place.file(path))?;
                seen.push_str(&content);
            }
            Some((">>>", command)) => {
                writeln!(seen, "{}\n", place.see(command)?.trim_end())?;
            }
            _ => seen.push_str(&content),
        }
    }
    Ok(seen.trim_end().to_string() + "\n")
}

fn is_command(line: &str) -> bool {
    ["=== ", "--- ", ">>> "].iter().any(|start| line.starts_with(start))
}

#[cfg(unix)]
fn make_program(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = if path.parent().is_some_and(|folder| folder.ends_with("tools")) { 0o755 } else { 0o644 };
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn make_program(_path: &Path) -> std::io::Result<()> {
    Ok(())
}

struct Place {
    root: PathBuf,
    work: PathBuf,
}

impl Place {
    fn file(&self, path: &str) -> PathBuf {
        if let Some(file) = path.strip_prefix("@tools/") {
            return self.root.with_file_name("tools").join(file);
        }
        match (path.strip_prefix("@out/"), path.strip_prefix("@work/")) {
            (Some(file), _) => self.work.join("out").join(file),
            (_, Some(file)) => self.work.join(file),
            _ => self.root.join(path),
        }
    }

    fn see(&self, command: &str) -> Result<String, Failed> {
        let mut words = command.split(' ');
        let what = words.next().unwrap_or_default();
        if what == "out" {
            return self.files();
        }
        let mut settings = Settings { no_install: true, ..Settings::default() };
        let mut suite = Suite::new(&self.root).work_dir(&self.work).hosts(["host"]);
        let (mut brief, mut case) = (false, String::new());
        for word in words {
            match word.split_once('=').unwrap_or((word, "")) {
                ("brief", _) => brief = true,
                ("filter", word) => suite = suite.filter([word]),
                ("hosts", names) => suite = suite.hosts(names.split(',')),
                ("require", _) => settings.require_all = true,
                ("no-tools", _) => settings.path = Some(Vec::new()),
                ("tools", _) => settings.path = Some(vec![self.root.with_file_name("tools")]),
                ("install", _) => settings.no_install = false,
                ("locked", _) => settings.locked = true,
                ("cc", line) => settings.cc = Some(line.replace('~', " ")),
                _ if what == "case" => case = word.to_string(),
                _ => return Err(format!("unknown option `{word}`").into()),
            }
        }
        let built = match suite.settings(settings).build() {
            Ok(built) => built,
            Err(error) => return Ok(format!("error:\n{error}").replace(&self.root.display().to_string(), "SUITE")),
        };
        match what {
            "trials" => trials(&built, brief),
            "log" => Ok(built.log.iter().map(|step| format!("{step}\n")).collect()),
            "case" => Ok(serde_json::to_string_pretty(&built.index.cases.get(&case))?),
            _ => Err(format!("unknown command `{what}`").into()),
        }
    }

    fn files(&self) -> Result<String, Failed> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(self.work.join("out"))? {
            names.push(entry?.file_name().to_string_lossy().into_owned());
        }
        names.sort();
        Ok(names.join("\n"))
    }
}

fn trials(built: &Built, brief: bool) -> Result<String, Failed> {
    let mut text = String::new();
    let message = |text: &mut String, words: &str| {
        for line in words.lines().take(if brief { 1 } else { usize::MAX }) {
            let _ = writeln!(text, "{}", format!("    {line}").trim_end());
        }
    };
    for trial in &built.index.trials {
        match &trial.artifact {
            Artifact::Component(file) | Artifact::Module(file) => writeln!(text, "{}: {file}", trial.name())?,
            Artifact::Ignored(reason) => {
                writeln!(text, "{}: ignored", trial.name())?;
                message(&mut text, reason);
            }
            Artifact::Failed { stage: Stage::Encode, .. } => writeln!(text, "{}: failed at encode", trial.name())?,
            Artifact::Failed { stage, message: words } => {
                writeln!(text, "{}: failed at {}", trial.name(), serde_json::to_string(stage)?.trim_matches('"'))?;
                message(&mut text, words);
            }
        }
    }
    Ok(text)
}
