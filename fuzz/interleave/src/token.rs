//! Replay tokens: a failure in one line.

use core::fmt;

use crate::schedule::Schedule;

/// A subject and a schedule, as text: `u1:SUBJECT=DATA`.
///
/// SUBJECT is the subject's id with a dot for its colon, or only its kind if it is
/// a file of this machine. DATA are the flags, the steps and a checksum of all, in
/// the alphabet of base64 for URLs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The subject's id; `None` if it is a file, which a token does not name.
    pub subject: Option<String>,
    /// What kind of subject that is: `native`, `lib` or `python`.
    pub kind: String,
    /// Choices of the run: [`Contract::flags`](crate::Contract::flags).
    pub flags: u8,
    /// What is played.
    pub schedule: Schedule,
}

/// What is wrong with a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// It does not begin as one.
    Prefix,
    /// It was written by another version of this program.
    Version(String),
    /// It has this character, which no token has.
    Character(char),
    /// It ends before its schedule.
    Short,
    /// There is no such kind of subject.
    Kind(String),
    /// Its schedule is not in the alphabet, or is cut off.
    Data,
    /// Its checksum is another one.
    Checksum,
    /// It has more steps than a schedule.
    Long,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Prefix => write!(f, "this is no replay token: one begins with `u1:`"),
            Self::Version(version) => write!(
                f,
                "this token has version `{version}`, and this program replays version `u1`: use the one that wrote it"
            ),
            Self::Character(character) => write!(
                f,
                "`{}` cannot stand in a replay token: copy the whole token and nothing else",
                character.escape_default()
            ),
            Self::Short => write!(f, "this token is cut off: it has no schedule"),
            Self::Kind(kind) => {
                write!(f, "`{kind}` is no kind of subject: there are native, lib and python")
            }
            Self::Data => write!(f, "the schedule in this token is cut off or altered"),
            Self::Checksum => {
                write!(f, "the checksum of this token is wrong: it was cut off or altered")
            }
            Self::Long => {
                write!(f, "this token has more than {} steps", Schedule::MOST)
            }
        }
    }
}

impl std::error::Error for Malformed {}

const KINDS: [&str; 3] = ["native", "lib", "python"];
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";

impl Token {
    /// A token for a subject with this id. A file is not named in it, and neither is
    /// what has characters that a token cannot have.
    #[must_use]
    pub fn new(id: &str, flags: u8, schedule: Schedule) -> Self {
        let (kind, name) = id.split_once(':').unwrap_or(("native", id));
        let kind = KINDS.into_iter().find(|&known| known == kind).unwrap_or("native");
        let is_file = kind == "lib" || name.contains(".py:") || name.contains('\\');
        let fits = !name.is_empty() && name.chars().all(is_legal);
        let subject = (!is_file && fits).then(|| format!("{kind}:{name}"));
        Self { subject, kind: kind.to_owned(), flags, schedule }
    }

    /// Reads one.
    ///
    /// # Errors
    ///
    /// What is wrong with it, for any text that is none.
    pub fn read(text: &str) -> Result<Self, Malformed> {
        let text = text.trim();
        let (version, rest) = text.split_once(':').ok_or(Malformed::Prefix)?;
        if version != "u1" {
            let digits = version.strip_prefix('u').unwrap_or_default();
            let is_version = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            return Err(match is_version {
                true => Malformed::Version(version.to_owned()),
                false => Malformed::Prefix,
            });
        }
        if let Some(character) = rest.chars().find(|&character| !is_legal(character)) {
            return Err(Malformed::Character(character));
        }
        let (head, data) = rest.rsplit_once('=').ok_or(Malformed::Short)?;
        let bytes = decode(data)?;
        let (bytes, checksum) = bytes.split_last_chunk::<4>().ok_or(Malformed::Short)?;
        let (&flags, steps) = bytes.split_first().ok_or(Malformed::Short)?;
        if u32::from_le_bytes(*checksum) != sum(head, bytes) {
            return Err(Malformed::Checksum);
        }
        let (kind, name) = head.split_once('.').unwrap_or((head, ""));
        if !KINDS.contains(&kind) {
            return Err(Malformed::Kind(kind.to_owned()));
        }
        if steps.len() > Schedule::MOST {
            return Err(Malformed::Long);
        }
        let subject = (!name.is_empty()).then(|| format!("{kind}:{name}"));
        Ok(Self { subject, kind: kind.to_owned(), flags, schedule: Schedule::from_bytes(steps) })
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = match &self.subject {
            Some(subject) => subject.replacen(':', ".", 1),
            None => self.kind.clone(),
        };
        let mut bytes = vec![self.flags];
        bytes.extend(self.schedule.to_bytes());
        bytes.extend(sum(&head, &bytes).to_le_bytes());
        write!(f, "u1:{head}={}", encode(&bytes))
    }
}

/// Whether a token may have it after its version.
fn is_legal(character: char) -> bool {
    character.is_ascii_alphanumeric() || "_./=-".contains(character)
}

/// FNV-1a of all that a token says.
fn sum(head: &str, bytes: &[u8]) -> u32 {
    let all = head.bytes().chain([0]).chain(bytes.iter().copied());
    all.fold(0x811c_9dc5, |sum, byte| (sum ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

fn encode(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let mut three = [0; 3];
        three[..chunk.len()].copy_from_slice(chunk);
        let bits = u32::from_be_bytes([0, three[0], three[1], three[2]]);
        for place in 0..=chunk.len() {
            let six = bits >> (18 - 6 * place) & 63;
            text.push(char::from(ALPHABET[six as usize]));
        }
    }
    text
}

/// Only what [`encode`] writes is read: no text has a twin.
fn decode(text: &str) -> Result<Vec<u8>, Malformed> {
    let mut bytes = Vec::new();
    for chunk in text.as_bytes().chunks(4) {
        let mut bits = 0u32;
        for place in 0..4 {
            let six = chunk
                .get(place)
                .map_or(Some(0), |byte| ALPHABET.iter().position(|known| known == byte));
            bits = bits << 6 | six.ok_or(Malformed::Data)? as u32;
        }
        let [_, three @ ..] = bits.to_be_bytes();
        let whole = chunk.len().checked_sub(1).filter(|&whole| whole > 0).ok_or(Malformed::Data)?;
        if three[whole..].iter().any(|&rest| rest != 0) {
            return Err(Malformed::Data);
        }
        bytes.extend(&three[..whole]);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(id: &str) -> Token {
        Token::new(id, 0, Schedule::random(5, 32))
    }

    #[test]
    fn a_token_is_short_and_says_the_same() {
        for id in
            ["native:reference-ucontext", "python:greenlet==3.5.6", "native:mutant/hand/a.b/c"]
        {
            for steps in [0, 1, 2, 3, 32] {
                let token = Token::new(id, 3, Schedule::random(5, steps));
                let text = token.to_string();
                assert!(text.len() <= 120 && text[3..].chars().all(is_legal), "{text}");
                assert_eq!(Token::read(&text), Ok(token), "{text}");
                assert_eq!(Token::read(&text).unwrap().subject.as_deref(), Some(id));
            }
        }
    }

    #[test]
    fn a_token_names_no_file() {
        for id in ["lib:/home/somebody/libfoo.so", "python:/home/somebody/foo.py:Foo"] {
            let text = token(id).to_string();
            assert!(!text.contains("somebody") && !text.contains("foo"), "{text}");
            assert_eq!(Token::read(&text).unwrap().subject, None);
        }
    }

    #[test]
    fn whatever_is_altered_is_refused() {
        let text = token("native:reference").to_string();
        for place in 0..text.len() {
            for other in ["A", "b", "_", "=", "é", ":"] {
                let mut altered = text.clone();
                altered.replace_range(place..=place, other);
                assert!(altered == text || Token::read(&altered).is_err(), "{altered}");
            }
            assert!(Token::read(&text[..place]).is_err(), "{}", &text[..place]);
        }
        assert!(Token::read(&format!("{text}A")).is_err());
    }

    #[test]
    fn each_kind_of_malformed_token_has_its_sentence() {
        let many = Token::new("native:x", 0, Schedule::default());
        let head = "robot.x";
        let mut data = vec![0];
        data.extend(sum(head, &data).to_le_bytes());
        let robot = format!("u1:{head}={}", encode(&data));
        let mut steps = vec![0; Schedule::MOST + 2];
        steps.extend(sum("native.x", &steps).to_le_bytes());
        let long = format!("u1:native.x={}", encode(&steps));
        let wrong = many.to_string().replace("native.x", "native.y");
        for (text, expected) in [
            ("", Malformed::Prefix),
            ("hello", Malformed::Prefix),
            ("v1:native.x=AAAA", Malformed::Prefix),
            ("u2:native.x=AAAA", Malformed::Version("u2".into())),
            ("u1:native x=AAAA", Malformed::Character(' ')),
            ("u1:native.x", Malformed::Short),
            ("u1:native.x=AAAA", Malformed::Short),
            ("u1:native.x=A.AA", Malformed::Data),
            ("u1:native.x=A", Malformed::Data),
            (&*wrong, Malformed::Checksum),
            (&*robot, Malformed::Kind("robot".into())),
            (&*long, Malformed::Long),
        ] {
            let found = Token::read(text).unwrap_err();
            assert_eq!(found, expected, "{text}");
            assert!(found.to_string().len() > 20);
        }
    }
}
