//! A resume token in a file: one line. Whoever reads it finds the old token or the new one, whatever happens to the
//! machine meanwhile.
//!
//! A file that holds anything else is an error and never a reason to begin anew: a consumer that silently began with
//! `now` would miss what happened before.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Where the token stands.
#[derive(Clone, Debug)]
pub struct TokenFile {
    path: PathBuf,
}

/// Why there is no token, or none was stored.
#[derive(Debug, thiserror::Error)]
pub enum TokenFileError {
    #[error("{} cannot be read: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{} cannot be written: {source}", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error(
        "{} is damaged: it does not hold one line with a resume token; remove it to begin anew",
        path.display()
    )]
    Damaged { path: PathBuf },
}

impl TokenFile {
    /// The file at `path`, which need not be there yet.
    #[must_use]
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The token stored last, if any ever was.
    ///
    /// # Errors
    /// A file that cannot be read, or that holds no token.
    pub fn load(&self) -> Result<Option<String>, TokenFileError> {
        let path = || self.path.clone();
        let bytes = match fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(TokenFileError::Read { path: path(), source }),
        };
        let text = String::from_utf8(bytes).ok();
        let token =
            text.as_deref().and_then(|text| text.strip_suffix('\n')).filter(|line| is_token(line));
        token
            .map(|token| Some(token.to_owned()))
            .ok_or_else(|| TokenFileError::Damaged { path: path() })
    }

    /// Puts `token` in the place of the one before.
    ///
    /// # Errors
    /// A folder or file that cannot be written; the token before is still there then.
    pub fn store(&self, token: &str) -> Result<(), TokenFileError> {
        self.replace(token)
            .map_err(|source| TokenFileError::Write { path: self.path.clone(), source })
    }

    fn replace(&self, token: &str) -> io::Result<()> {
        if !is_token(token) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the token is not one line"));
        }
        let beside = self.beside()?;
        let replaced = write(&beside, token).and_then(|()| fs::rename(&beside, &self.path));
        if replaced.is_err() {
            let _ = fs::remove_file(&beside);
        }
        replaced?;
        File::open(self.folder())?.sync_all()
    }

    /// In the same folder, since a file is not renamed from one disk to another.
    fn beside(&self) -> io::Result<PathBuf> {
        let no_name = || io::Error::new(io::ErrorKind::InvalidInput, "it names no file");
        let mut name = self.path.file_name().ok_or_else(no_name)?.to_owned();
        name.push(format!(".{}.new", std::process::id()));
        Ok(self.folder().join(name))
    }

    fn folder(&self) -> &Path {
        match self.path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        }
    }
}

fn write(path: &Path, token: &str) -> io::Result<()> {
    let mut file = File::create(path)?;
    writeln!(file, "{token}")?;
    // the name must not be there before the bytes are
    file.sync_all()
}

fn is_token(line: &str) -> bool {
    !line.is_empty() && line.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    fn folder() -> (TempDir, TokenFile) {
        let folder = TempDir::new().expect("a temporary folder");
        let file = TokenFile::at(folder.path().join("token"));
        (folder, file)
    }

    fn names(folder: &TempDir) -> Vec<String> {
        let entries = fs::read_dir(folder.path()).expect("the folder");
        entries
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect()
    }

    #[test]
    fn the_token_stored_last_is_found_and_nothing_else_is_left_behind() {
        let (folder, file) = folder();
        assert_eq!(file.load().expect("no file is no error"), None);
        for token in ["first", "second-and-longer", "3"] {
            file.store(token).expect("stored");
            assert_eq!(file.load().expect("loaded").as_deref(), Some(token));
        }
        assert_eq!(fs::read_to_string(folder.path().join("token")).expect("the file"), "3\n");
        assert_eq!(names(&folder), ["token"]);
    }

    #[test]
    fn a_file_that_is_empty_torn_or_of_something_else_is_told_as_damaged() {
        let (folder, file) = folder();
        let damages: [&[u8]; 7] =
            [b"", b"\n", b"torn", b"two\nlines\n", b"with space\n", b"\0\0\0\0\n", b"\xff\n"];
        for damage in damages {
            fs::write(folder.path().join("token"), damage).expect("written");
            let error = file.load().expect_err("it is damaged");
            assert!(matches!(error, TokenFileError::Damaged { .. }), "{damage:?}: {error}");
            assert!(error.to_string().contains("/token is damaged"), "{error}");
        }
    }

    /// Whoever reads while another writes sees whole tokens, and only later ones.
    #[test]
    fn a_reader_never_sees_half_a_token() {
        let (_folder, file) = folder();
        let token = |number: usize| format!("{number:04}{}", "x".repeat(number % 3_000));
        file.store(&token(0)).expect("stored");
        let writer = file.clone();
        let writing = std::thread::spawn(move || {
            (1..200).for_each(|number| writer.store(&token(number)).expect("stored"));
        });
        let mut newest = 0;
        while newest < 199 {
            let seen = file.load().expect("a whole token").expect("a token");
            let number: usize = seen[..4].parse().expect("its number");
            assert_eq!(seen, token(number));
            assert!(number >= newest);
            newest = number;
        }
        writing.join().expect("the writer");
    }

    #[test]
    fn what_cannot_be_written_is_told_and_the_token_before_stays() {
        let (folder, file) = folder();
        file.store("kept").expect("stored");
        for not_one_line in ["", "a\nb", "a b"] {
            file.store(not_one_line).expect_err("it is no token");
        }
        assert_eq!(file.load().expect("loaded").as_deref(), Some("kept"));
        let nowhere = TokenFile::at(folder.path().join("missing/token"));
        let error = nowhere.store("x").expect_err("there is no such folder");
        assert!(error.to_string().contains("missing/token cannot be written"), "{error}");
    }
}
