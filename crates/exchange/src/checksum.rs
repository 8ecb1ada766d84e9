//! What stands in a `.CHECKSUM` file.

/// The SHA-256 that a checksum file of the form `<64 hexadecimal digits>  <file name>` gives for `name`,
/// in lower case; what is wrong with it otherwise.
pub(crate) fn checksum_of(text: &str, name: &str) -> Result<String, String> {
    let mut parts = text.split_whitespace();
    let (Some(hash), Some(named), None) = (parts.next(), parts.next(), parts.next()) else {
        return Err("it is not one line with a hash and a file name".to_owned());
    };
    if hash.len() != 64 || !hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err("it does not begin with a SHA-256 hash".to_owned());
    }
    if named.trim_start_matches('*') != name {
        return Err("it is about another file".to_owned());
    }
    Ok(hash.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_hash_of_that_file_counts() {
        let hash = "AB".repeat(32);
        assert_eq!(checksum_of(&format!("{hash}  a.zip\n"), "a.zip").unwrap(), "ab".repeat(32));
        let texts = [
            String::new(),
            hash.clone(),
            format!("{hash}  b.zip"),
            "zz  a.zip".to_owned(),
            format!("{hash}0  a.zip"),
            "<html>Not found, sorry</html>".to_owned(),
        ];
        for text in texts {
            assert!(checksum_of(&text, "a.zip").is_err(), "{text}");
        }
    }
}
