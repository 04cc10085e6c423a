//! From the command line, the environment and the file to what is in force.

use super::file::{self, Entry, Kind, is_secret};
use super::{Cli, ConfigError, ReadError, names};
use clap::builder::Resettable;
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command, CommandFactory, FromArgMatches};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// What is asked for, and what is in force for it.
pub struct Invocation {
    pub cli: Cli,
    /// Every setting of the subcommand, in the order of its help.
    pub settings: Vec<Setting>,
}

/// One setting, and where its value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The flag without its dashes, which is the key in the file.
    pub name: String,
    /// The environment variable.
    pub variable: String,
    pub kind: Kind,
    pub value: Shown,
    pub source: Source,
}

/// A value, as far as it may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// Nothing says anything.
    Nothing,
    /// It is a secret.
    Hidden,
    Value(String),
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    Flag,
    Environment,
    File,
    /// The file that this other setting names.
    SecretFile(String),
    Default,
}

/// Reads what is in force for `arguments`, of which the first is the program.
///
/// # Errors
/// What is wrong with it; also what is no error, such as help.
pub fn read(arguments: &[OsString]) -> Result<Invocation, ReadError> {
    if is_about_the_program(arguments) {
        let plain = changed(Cli::command(), &|arg| arg.env(Resettable::Reset));
        let cli = Cli::from_arg_matches(&plain.try_get_matches_from(arguments)?)?;
        return Ok(Invocation { cli, settings: Vec::new() });
    }
    let plain = Cli::command();
    let (laid, entries) = match layered(&plain, arguments) {
        Ok(layers) => layers,
        // help is there for those whose settings are wrong
        Err(error) => match plain.try_get_matches_from(arguments) {
            Err(help) if !help.use_stderr() => return Err(help.into()),
            _ => return Err(error.into()),
        },
    };
    let matches = laid.clone().try_get_matches_from(arguments)?;
    let contents = secret_files(&laid, &matches, &entries)?;
    let told =
        changed(laid.clone(), &|arg| match contents.iter().find(|found| found.is_for(&arg)) {
            Some(found) => default(arg.env(Resettable::Reset), &found.content),
            None => arg,
        });
    let matches = told.try_get_matches_from(arguments)?;
    let settings = settings(&Cli::command(), &matches, &entries, &contents);
    Ok(Invocation { cli: Cli::from_arg_matches(&matches)?, settings })
}

/// Whether no setting has anything to do with it, so that none can be in its way.
fn is_about_the_program(arguments: &[OsString]) -> bool {
    arguments.get(1).is_some_and(|first| first == "version" || first == "completions")
}

/// The command line with the file's values as its defaults.
fn layered(plain: &Command, arguments: &[OsString]) -> Result<(Command, Vec<Entry>), ConfigError> {
    let variables: Vec<String> =
        std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()).collect();
    names::check(variables.iter().map(String::as_str), &known_variables(plain))?;
    let entries = match config_file(arguments) {
        Some(path) => file::read(&path, &settings_of_file())?,
        None => Vec::new(),
    };
    let laid = changed(plain.clone(), &|arg| match entries
        .iter()
        .find(|entry| is_setting(&arg) && arg.get_long() == Some(&entry.key))
    {
        Some(entry) => default(arg, &entry.value),
        None => arg,
    });
    Ok((laid, entries))
}

/// Where `--config` or its variable leads: clap knows only when it has parsed, and by then wants the values.
fn config_file(arguments: &[OsString]) -> Option<PathBuf> {
    let mut given = arguments.iter().skip(1).take_while(|argument| *argument != "--");
    while let Some(argument) = given.next() {
        if argument == "--config" {
            return given.next().map(PathBuf::from);
        }
        if let Some(path) = argument.to_str().and_then(|text| text.strip_prefix("--config=")) {
            return Some(PathBuf::from(path));
        }
    }
    std::env::var_os("PARTNER_CONFIG").map(PathBuf::from)
}

fn default(arg: Arg, value: &str) -> Arg {
    let hidden = is_secret(&arg);
    arg.default_value(value.to_owned()).hide_default_value(hidden).required(false)
}

/// Every flag of every subcommand, changed.
fn changed<F: Fn(Arg) -> Arg>(command: Command, change: &F) -> Command {
    command.mut_args(change).mut_subcommands(|subcommand| changed(subcommand, change))
}

/// Whether it is a variable too: what has none is about one call alone.
fn is_setting(arg: &Arg) -> bool {
    arg.get_env().is_some()
}

fn variable(arg: &Arg) -> String {
    arg.get_env().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The settings that the file may name: those of `serve`, but not where the file is.
pub fn settings_of_file() -> Vec<Arg> {
    let command = Cli::command();
    let flags =
        command.get_arguments().filter(|arg| is_setting(arg) && arg.get_long() != Some("config"));
    flags.cloned().collect()
}

fn known_variables(command: &Command) -> Vec<String> {
    let own = command.get_arguments().filter(|arg| is_setting(arg)).map(variable);
    own.chain(command.get_subcommands().flat_map(known_variables)).collect()
}

/// The subcommand that was called, and what it was given.
fn called<'a>(command: &'a Command, matches: &'a ArgMatches) -> (&'a Command, &'a ArgMatches) {
    let below = matches.subcommand();
    match below.and_then(|(name, inner)| Some((command.find_subcommand(name)?, inner))) {
        Some((command, matches)) => called(command, matches),
        None => (command, matches),
    }
}

fn source(arg: &Arg, matches: &ArgMatches, entries: &[Entry]) -> Source {
    match matches.value_source(arg.get_id().as_str()) {
        Some(ValueSource::CommandLine) => Source::Flag,
        Some(ValueSource::EnvVariable) => Source::Environment,
        _ if entries.iter().any(|entry| arg.get_long() == Some(&entry.key)) => Source::File,
        _ => Source::Default,
    }
}

fn rank(source: &Source) -> u8 {
    match source {
        Source::Flag => 3,
        Source::Environment => 2,
        Source::File => 1,
        Source::SecretFile(_) | Source::Default => 0,
    }
}

/// What stands in a file of its own.
struct Content {
    /// The secret's variable, by which every subcommand knows it.
    variable: String,
    /// The setting that names the file.
    file: String,
    content: String,
}

impl Content {
    fn is_for(&self, arg: &Arg) -> bool {
        is_secret(arg) && variable(arg) == self.variable
    }
}

/// The secrets whose file is told with more authority than they are themselves.
fn secret_files(
    command: &Command,
    matches: &ArgMatches,
    entries: &[Entry],
) -> Result<Vec<Content>, ConfigError> {
    let (command, matches) = called(command, matches);
    let mut found = Vec::new();
    for secret in command.get_arguments().filter(|arg| is_secret(arg)) {
        let is_its = |arg: &&Arg| variable(arg) == format!("{}_FILE", variable(secret));
        let Some(file) = command.get_arguments().find(is_its) else { continue };
        let (own, its) = (source(secret, matches, entries), source(file, matches, entries));
        if rank(&its) == 0 || rank(&its) < rank(&own) {
            continue;
        }
        let name = |arg: &Arg| arg.get_long().unwrap_or_default().to_owned();
        if rank(&its) == rank(&own) {
            return Err(ConfigError::Twice { setting: name(secret), file: name(file) });
        }
        let path: Option<&PathBuf> = matches.get_one(file.get_id().as_str());
        let content = path.map_or_else(|| Ok(String::new()), |path| content(path))?;
        found.push(Content { variable: variable(secret), file: name(file), content });
    }
    Ok(found)
}

/// The line in the file.
fn content(path: &Path) -> Result<String, ConfigError> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| ConfigError::File { path: path.to_path_buf(), source })?;
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() {
        return Err(ConfigError::EmptySecret { path: path.to_path_buf() });
    }
    Ok(text.to_owned())
}

fn settings(
    command: &Command,
    matches: &ArgMatches,
    entries: &[Entry],
    contents: &[Content],
) -> Vec<Setting> {
    let (command, matches) = called(command, matches);
    let setting = |arg: &Arg| {
        let source = match contents.iter().find(|content| content.is_for(arg)) {
            Some(content) => Source::SecretFile(content.file.clone()),
            None => source(arg, matches, entries),
        };
        Setting {
            name: arg.get_long().unwrap_or_default().to_owned(),
            variable: variable(arg),
            kind: file::kind(arg),
            value: shown(arg, matches, &source),
            source,
        }
    };
    command.get_arguments().filter(|arg| is_setting(arg)).map(setting).collect()
}

fn shown(arg: &Arg, matches: &ArgMatches, source: &Source) -> Shown {
    let id = arg.get_id().as_str();
    if file::kind(arg) == Kind::Truth {
        return Shown::Value(matches.get_flag(id).to_string());
    }
    let raw = matches.get_raw(id).and_then(|mut values| values.next());
    // what the help tells of itself is no secret
    let is_default = arg.get_default_values().first().is_some_and(|default| raw == Some(default));
    if is_secret(arg) && *source != Source::Default && !is_default {
        return Shown::Hidden;
    }
    raw.map_or(Shown::Nothing, |value| Shown::Value(value.to_string_lossy().into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(command: &Command) -> Vec<Command> {
        let below = command.get_subcommands().flat_map(all);
        std::iter::once(command.clone()).chain(below).collect()
    }

    #[test]
    fn every_secret_is_hidden_and_may_stand_in_a_file_of_its_own() {
        let mut seen = 0;
        for command in all(&Cli::command()) {
            let arguments: Vec<&Arg> = command.get_arguments().collect();
            for secret in arguments.iter().filter(|arg| is_secret(arg)) {
                let file = format!("{}_FILE", variable(secret));
                let name = format!("{} --{}", command.get_name(), secret.get_long().unwrap());
                assert!(secret.is_hide_env_values_set(), "{name} shows in the help");
                assert!(arguments.iter().any(|arg| variable(arg) == file), "{name} has no {file}");
                seen += 1;
            }
        }
        assert!(seen > 10, "{seen}");
    }

    #[test]
    fn what_was_read_can_be_printed_for_debugging_without_its_secrets() {
        let url = "postgres://partner:hush@db/partner";
        let flags =
            ["--database-url", url, "--database-direct-url", url, "--doorbell", "nats://hush@b"];
        let matches = Cli::command().try_get_matches_from(["partner-service"].iter().chain(&flags));
        let cli = Cli::from_arg_matches(&matches.unwrap()).unwrap();
        assert_eq!(cli.serve.database.url(Path::new("x")), url);
        assert!(!format!("{cli:?}").contains("hush"));
    }

    #[test]
    fn what_sounds_like_a_secret_is_one() {
        for command in all(&Cli::command()) {
            for arg in command.get_arguments().filter(|arg| is_setting(arg)) {
                let name = variable(arg);
                // where links lead is told to everybody, and a mail server's URL with a password in it is refused
                let open = ["PARTNER_LINK_BASE_URL", "PARTNER_SMTP_URL"];
                let sounds = !open.contains(&name.as_str())
                    && ["_URL", "_TOKEN", "_PASSWORD", "_SECRET"]
                        .iter()
                        .any(|end| name.ends_with(end));
                assert!(!sounds || is_secret(arg), "{name}");
            }
        }
    }

    #[test]
    fn settings_of_one_name_are_of_one_kind_everywhere() {
        let settings = settings_of_file();
        for command in all(&Cli::command()) {
            for arg in command.get_arguments().filter(|arg| is_setting(arg)) {
                if let Some(same) = settings.iter().find(|other| other.get_long() == arg.get_long())
                {
                    let kinds = |arg: &Arg| (variable(arg), file::kind(arg), is_secret(arg));
                    assert_eq!(kinds(arg), kinds(same), "{}", command.get_name());
                }
            }
        }
    }
}
