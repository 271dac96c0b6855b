//! Declarations of struct members in preprocessed C.

/// One member of a struct.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) name: String,
    /// The words of its type.
    pub(crate) words: Vec<String>,
    /// Its own members, where its type is declared with it.
    pub(crate) inner: Vec<Self>,
}

/// Preprocessed C, as tokens.
pub(crate) struct Source {
    tokens: Vec<String>,
}

impl Source {
    pub(crate) fn new(text: &str) -> Self {
        let mut tokens = Vec::new();
        let mut rest = text.trim_start();
        while let Some(first) = rest.chars().next() {
            let length = match first {
                '"' | '\'' => quoted(rest, first),
                _ if is_word(first) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
                _ => first.len_utf8(),
            };
            tokens.push(rest[..length].to_owned());
            rest = rest[length..].trim_start();
        }
        Self { tokens }
    }

    /// For each occurrence of a word: the tokens from there to the next semicolon.
    pub(crate) fn after<'a>(&'a self, word: &'a str) -> impl Iterator<Item = &'a [String]> {
        let places = (0..self.tokens.len()).filter(move |at| self.tokens[*at] == word);
        places.map(|at| {
            let rest = &self.tokens[at + 1..];
            let end = rest.iter().position(|token| token == ";").unwrap_or(rest.len());
            &rest[..end]
        })
    }

    /// The members of `struct name`, or of the struct that has this other name.
    pub(crate) fn structure(&self, name: &str) -> Option<Vec<Member>> {
        let is = |at: usize, token: &str| self.tokens.get(at).is_some_and(|it| it == token);
        for at in 0..self.tokens.len() {
            if is(at, "struct") && is(at + 1, name) && is(at + 2, "{") {
                return Some(members(&self.tokens[at + 3..closing(&self.tokens, at + 2)]));
            }
            let typedef = is(at, "typedef") && is(at + 1, "struct");
            let open = at + 2 + usize::from(!is(at + 2, "{"));
            if typedef && is(open, "{") {
                let close = closing(&self.tokens, open);
                if is(close + 1, name) && is(close + 2, ";") {
                    return Some(members(&self.tokens[open + 1..close]));
                }
            }
        }
        None
    }
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// The length of a literal, quotes included.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The place of the bracket that closes the one at `open`.
fn closing(tokens: &[String], open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.as_str() {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at;
        }
    }
    panic!("a bracket is never closed: {:?}", &tokens[open..tokens.len().min(open + 20)]);
}

/// Cut at the tokens that are `separator`, outside all brackets.
fn split<'a>(tokens: &'a [String], separator: &str) -> Vec<&'a [String]> {
    let (mut pieces, mut begin, mut at) = (Vec::new(), 0, 0);
    while at < tokens.len() {
        match tokens[at].as_str() {
            "{" | "(" | "[" => at = closing(tokens, at),
            token if token == separator => {
                pieces.push(&tokens[begin..at]);
                begin = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    pieces.push(&tokens[begin..]);
    pieces.retain(|piece| !piece.is_empty());
    pieces
}

fn members(body: &[String]) -> Vec<Member> {
    split(body, ";").into_iter().flat_map(declaration).collect()
}

/// The members of one declaration: `int a, *b;`, `struct { int c; } d;`.
fn declaration(tokens: &[String]) -> Vec<Member> {
    let mut inner = Vec::new();
    let mut words: Vec<String> = Vec::new();
    let mut declarators = tokens;
    if let Some(open) = tokens.iter().position(|token| token == "{") {
        let close = closing(tokens, open);
        words.extend_from_slice(&tokens[..open]);
        if words.iter().any(|word| word == "struct" || word == "union") {
            inner = members(&tokens[open + 1..close]);
        }
        declarators = &tokens[close + 1..];
        // A struct without a name lends its members to the one around it.
        if declarators.is_empty() {
            return inner;
        }
    }
    let mut found = Vec::new();
    for piece in split(declarators, ",") {
        let Some(at) = name(piece) else { continue };
        if found.is_empty() {
            words.extend(piece[..at].iter().filter(|token| token.starts_with(is_word)).cloned());
        }
        let inner = std::mem::take(&mut inner);
        found.push(Member { name: piece[at].clone(), words: words.clone(), inner });
    }
    found
}

/// Where the name stands in a declarator: `*a`, `a[4]`, `(*a)(int)`, `a : 3`; none
/// in a bit-field that is only padding.
fn name(piece: &[String]) -> Option<usize> {
    let pointer = piece.windows(2).position(|pair| pair[0] == "(" && pair[1] == "*");
    let end = match pointer {
        Some(open) => closing(piece, open),
        None => piece.iter().position(|token| token == "[" || token == ":").unwrap_or(piece.len()),
    };
    let at = end.checked_sub(1)?;
    let keyword = ["int", "unsigned", "long", "short", "char"].contains(&piece[at].as_str());
    (!keyword && piece[at].starts_with(is_word)).then_some(at)
}

#[test]
fn declarations_of_all_shapes_are_read() {
    let source = Source::new(
        "struct s { T *a, b[4]; void (*f)(void *); unsigned int : 3; struct { int c : 1; } d;
         enum { A, B = '}' } e; union { long g; char *h; }; struct named { int x; } *p; };
         typedef struct tag { s k; } t;",
    );
    let read = source.structure("s").expect("it is there");
    let names: Vec<_> = read.iter().map(|member| member.name.as_str()).collect();
    assert_eq!(names, ["a", "b", "f", "d", "e", "g", "h", "p"]);
    assert_eq!(read[3].inner[0].name, "c");
    assert_eq!(read[1].words, ["T"]);
    assert_eq!(source.structure("t").expect("by its other name")[0].words, ["s"]);
    assert_eq!(source.structure("tag"), source.structure("t"));
    assert_eq!(source.structure("r"), None);
}
