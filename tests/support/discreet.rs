//! Nobody's address is in what a service says of itself: looked at whenever a test's process ends or a call is refused.

/// Panics with the lines that hold an e-mail address, unless a test is failing already.
pub fn assert_discreet(whose: &str, said: &str) {
    let told: Vec<&str> =
        said.lines().filter(|line| line.split(is_border).any(is_address)).collect();
    if !std::thread::panicking() {
        assert!(told.is_empty(), "{whose} tell of addresses:\n{}", told.join("\n"));
    }
}

fn is_border(c: char) -> bool {
    c.is_whitespace() || "\"'<>(),;=".contains(c)
}

/// As `somebody@example.com`; the user of a URL is none.
fn is_address(word: &str) -> bool {
    let Some((local, domain)) = word.rsplit_once('@') else { return false };
    !local.is_empty() && !local.contains("://") && domain.trim_end_matches('.').contains('.')
}
