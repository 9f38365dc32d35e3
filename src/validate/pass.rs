//! When two results pass: where they are equal, near enough, or as a small expression says. Pure.
//!
//! An expression compares and calculates with `source` and `target`, or `source.COLUMN` where a result has several:
//! `abs(source.total - target.total) <= 0.01`, `target >= source and target < source * 1.1`. Numbers are exact. Where a value
//! is null, or a number does not fit, it is not known whether it passes: `None`.

use super::exact::Exact;
use crate::model::untrusted::shown;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// A rule for one pair of rows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Pass {
    /// Every column has the same value.
    #[default]
    Equal,
    /// Numbers differ at most by so much, or by this part of the greater one; everything else is equal.
    Within {
        by: String,
        part: bool,
    },
    Where(Expression),
}

/// An expression, as it was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Expression {
    text: String,
    root: Node,
}

/// One value of a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    Null,
    Text(String),
}

/// What an expression is told.
pub trait Row {
    /// A column, by its name without regard to case; the only one, without a name.
    ///
    /// # Errors
    /// There is no such column, or more than one.
    fn value(&self, of_target: bool, column: Option<&str>) -> Result<Given, String>;
}

impl Expression {
    /// Whether a row passes; `None`: it cannot be told.
    ///
    /// # Errors
    /// A column that is not there, or words in place of numbers.
    pub fn holds(&self, row: &dyn Row) -> Result<Option<bool>, String> {
        match self.root.value(row)? {
            Value::Truth(truth) => Ok(truth),
            _ => Err(format!("{:?} compares nothing", shown(&self.text))),
        }
    }
}

/// Whether two numbers are near enough; `None` where they are no numbers that fit.
pub fn near(by: &str, part: bool, source: &str, target: &str) -> Option<bool> {
    let (a, b) = (Exact::parse(source)?, Exact::parse(target)?);
    let mut most = Exact::parse(by)?;
    if part {
        let (a, b) = (a.absolute()?, b.absolute()?);
        most = most.multiply(if a.compare(b)? == Ordering::Less { b } else { a })?;
    }
    Some(a.subtract(b)?.absolute()?.compare(most)? != Ordering::Greater)
}

impl FromStr for Pass {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text == "equal" {
            return Ok(Self::Equal);
        }
        if let Some(by) = text.strip_prefix("within ") {
            let (by, part) = by.trim().strip_suffix('%').map_or((by.trim(), false), |by| (by.trim_end(), true));
            let number = Exact::parse(by).filter(|number| number.absolute() == Some(*number));
            let by = match (number, part) {
                (None, _) => return Err(format!("{:?} is no tolerance, such as 0.01 or 1%", shown(by))),
                (Some(_), false) => by.to_owned(),
                (Some(_), true) => format!("{by}e-2"),
            };
            return Ok(Self::Within { by, part });
        }
        let mut parser = Parser { tokens: tokens(text)?, at: 0 };
        let root = parser.any_of()?;
        if let Some(token) = parser.tokens.get(parser.at) {
            return Err(format!("{:?} is one too much", shown(&token.to_string())));
        }
        if !matches!(root, Node::Compare(..) | Node::And(..) | Node::Or(..) | Node::Not(..)) {
            return Err(format!("{:?} compares nothing, such as target >= source", shown(text)));
        }
        Ok(Self::Where(Expression { text: text.to_owned(), root }))
    }
}

impl TryFrom<String> for Pass {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Pass> for String {
    fn from(pass: Pass) -> Self {
        pass.to_string()
    }
}

impl fmt::Display for Pass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Equal => f.write_str("equal"),
            Self::Within { by, part: true } => write!(f, "within {}%", by.trim_end_matches("e-2")),
            Self::Within { by, part: false } => write!(f, "within {by}"),
            Self::Where(expression) => f.write_str(&expression.text),
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Node {
    Number(Exact),
    Words(String),
    /// Of the target?
    Column(bool, Option<String>),
    Negative(Box<Node>),
    Absolute(Box<Node>),
    Calculate(char, Box<Node>, Box<Node>),
    Compare(Sign, Box<Node>, Box<Node>),
    And(Box<Node>, Box<Node>),
    Or(Box<Node>, Box<Node>),
    Not(Box<Node>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    Less,
    LessOrEqual,
    Equal,
    NotEqual,
    GreaterOrEqual,
    Greater,
}

#[derive(Debug, Clone)]
enum Value {
    /// `None`: it does not fit, or a division by zero.
    Number(Option<Exact>),
    Words(String),
    Null,
    Truth(Option<bool>),
}

impl Node {
    fn value(&self, row: &dyn Row) -> Result<Value, String> {
        Ok(match self {
            Self::Number(number) => Value::Number(Some(*number)),
            Self::Words(words) => Value::Words(words.clone()),
            Self::Column(of_target, column) => match row.value(*of_target, column.as_deref())? {
                Given::Null => Value::Null,
                Given::Text(text) => Value::Words(text),
            },
            Self::Negative(inner) => Value::Number(inner.number(row)?.and_then(Exact::negative)),
            Self::Absolute(inner) => Value::Number(inner.number(row)?.and_then(Exact::absolute)),
            Self::Calculate(sign, left, right) => {
                let (left, right) = (left.number(row)?, right.number(row)?);
                let by = match sign {
                    '+' => Exact::add,
                    '-' => Exact::subtract,
                    '*' => Exact::multiply,
                    _ => Exact::divide,
                };
                Value::Number(left.zip(right).and_then(|(left, right)| by(left, right)))
            }
            Self::Compare(sign, left, right) => Value::Truth(compared(*sign, left.value(row)?, right.value(row)?)?),
            Self::And(left, right) => Value::Truth(match (left.truth(row)?, right.truth(row)?) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            }),
            Self::Or(left, right) => Value::Truth(match (left.truth(row)?, right.truth(row)?) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            }),
            Self::Not(inner) => Value::Truth(inner.truth(row)?.map(|truth| !truth)),
        })
    }

    fn number(&self, row: &dyn Row) -> Result<Option<Exact>, String> {
        match self.value(row)? {
            Value::Number(number) => Ok(number),
            Value::Null => Ok(None),
            // Its words are a value of a row: they are not told.
            Value::Words(words) => match Exact::parse(&words) {
                None if words.bytes().any(|byte| byte.is_ascii_digit()) => Ok(None),
                None => Err("it calculates with a value that is no number".to_owned()),
                some => Ok(some),
            },
            Value::Truth(_) => Err("it calculates with a comparison".to_owned()),
        }
    }

    fn truth(&self, row: &dyn Row) -> Result<Option<bool>, String> {
        match self.value(row)? {
            Value::Truth(truth) => Ok(truth),
            _ => Err("it joins what compares nothing".to_owned()),
        }
    }
}

fn compared(sign: Sign, left: Value, right: Value) -> Result<Option<bool>, String> {
    let order = match (left, right) {
        (Value::Null, _) | (_, Value::Null) => return Ok(None),
        (Value::Words(left), Value::Words(right)) => match Exact::parse(&left).zip(Exact::parse(&right)) {
            Some((left, right)) => left.compare(right),
            None => Some(left.cmp(&right)),
        },
        (Value::Number(number), Value::Words(words)) => {
            number.zip(Exact::parse(&words)).and_then(|(left, right)| left.compare(right))
        }
        (Value::Words(words), Value::Number(number)) => {
            Exact::parse(&words).zip(number).and_then(|(left, right)| left.compare(right))
        }
        (Value::Number(left), Value::Number(right)) => left.zip(right).and_then(|(left, right)| left.compare(right)),
        (Value::Truth(_), _) | (_, Value::Truth(_)) => return Err("it compares a comparison".to_owned()),
    };
    Ok(order.map(|order| match sign {
        Sign::Less => order.is_lt(),
        Sign::LessOrEqual => order.is_le(),
        Sign::Equal => order.is_eq(),
        Sign::NotEqual => order.is_ne(),
        Sign::GreaterOrEqual => order.is_ge(),
        Sign::Greater => order.is_gt(),
    }))
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Number(Exact),
    Words(String),
    Name(String),
    Compare(Sign),
    Sign(char),
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(_) => f.write_str("a number"),
            Self::Words(words) | Self::Name(words) => f.write_str(words),
            Self::Compare(_) => f.write_str("a comparison"),
            Self::Sign(sign) => write!(f, "{sign}"),
        }
    }
}

/// Longest text, and deepest nesting, of an expression: nobody writes more, and the reader calls itself.
const LONGEST: usize = 1_000;
const DEEPEST: usize = 50;

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    if text.len() > LONGEST {
        return Err(format!("it is longer than {LONGEST} bytes"));
    }
    let chars: Vec<char> = text.chars().collect();
    let mut out = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let c = chars[at];
        let next = chars.get(at + 1);
        let run = |fits: fn(char) -> bool| chars[at..].iter().take_while(|c| fits(**c)).collect::<String>();
        let (token, used) = match c {
            c if c.is_whitespace() => {
                at += 1;
                continue;
            }
            '<' if next == Some(&'=') => (Token::Compare(Sign::LessOrEqual), 2),
            '>' if next == Some(&'=') => (Token::Compare(Sign::GreaterOrEqual), 2),
            '!' if next == Some(&'=') => (Token::Compare(Sign::NotEqual), 2),
            '<' if next == Some(&'>') => (Token::Compare(Sign::NotEqual), 2),
            '=' => (Token::Compare(Sign::Equal), if next == Some(&'=') { 2 } else { 1 }),
            '<' => (Token::Compare(Sign::Less), 1),
            '>' => (Token::Compare(Sign::Greater), 1),
            '+' | '-' | '*' | '/' | '(' | ')' | '.' => (Token::Sign(c), 1),
            '\'' | '"' => {
                let inner: String = chars[at + 1..].iter().take_while(|other| **other != c).collect();
                let used = inner.chars().count() + 2;
                if at + used > chars.len() {
                    return Err("a quote is not closed".to_owned());
                }
                (if c == '"' { Token::Name(inner) } else { Token::Words(inner) }, used)
            }
            c if c.is_ascii_digit() => {
                let word = run(|c| c.is_ascii_digit() || c == '.');
                let number = Exact::parse(&word).ok_or_else(|| format!("{word:?} is no number"))?;
                (Token::Number(number), word.chars().count())
            }
            c if c.is_alphabetic() || c == '_' => {
                let word = run(|c| c.is_alphanumeric() || c == '_');
                let used = word.chars().count();
                (Token::Name(word), used)
            }
            other => return Err(format!("{:?} means nothing here", shown(&other.to_string()))),
        };
        out.push(token);
        at += used;
    }
    let deep = out.iter().filter(|token| matches!(token, Token::Sign('(' | '-'))).count();
    if deep > DEEPEST { Err(format!("it nests more than {DEEPEST} times")) } else { Ok(out) }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

impl Parser {
    fn take(&mut self, fits: impl Fn(&Token) -> bool) -> Option<Token> {
        let token = self.tokens.get(self.at).filter(|token| fits(token)).cloned()?;
        self.at += 1;
        Some(token)
    }

    fn sign(&mut self, sign: char) -> bool {
        self.take(|token| *token == Token::Sign(sign)).is_some()
    }

    fn word(&mut self, word: &str) -> bool {
        self.take(|token| matches!(token, Token::Name(name) if name.eq_ignore_ascii_case(word))).is_some()
    }

    fn any_of(&mut self) -> Result<Node, String> {
        let mut left = self.all_of()?;
        while self.word("or") {
            left = Node::Or(Box::new(left), Box::new(self.all_of()?));
        }
        Ok(left)
    }

    fn all_of(&mut self) -> Result<Node, String> {
        let mut left = self.negated()?;
        while self.word("and") {
            left = Node::And(Box::new(left), Box::new(self.negated()?));
        }
        Ok(left)
    }

    fn negated(&mut self) -> Result<Node, String> {
        let negated = self.word("not");
        let inner = self.comparison()?;
        Ok(if negated { Node::Not(Box::new(inner)) } else { inner })
    }

    fn comparison(&mut self) -> Result<Node, String> {
        let left = self.sum()?;
        match self.take(|token| matches!(token, Token::Compare(_))) {
            Some(Token::Compare(sign)) => Ok(Node::Compare(sign, Box::new(left), Box::new(self.sum()?))),
            _ => Ok(left),
        }
    }

    fn sum(&mut self) -> Result<Node, String> {
        let mut left = self.product()?;
        while let Some(Token::Sign(sign)) = self.take(|token| matches!(token, Token::Sign('+' | '-'))) {
            left = Node::Calculate(sign, Box::new(left), Box::new(self.product()?));
        }
        Ok(left)
    }

    fn product(&mut self) -> Result<Node, String> {
        let mut left = self.one()?;
        while let Some(Token::Sign(sign)) = self.take(|token| matches!(token, Token::Sign('*' | '/'))) {
            left = Node::Calculate(sign, Box::new(left), Box::new(self.one()?));
        }
        Ok(left)
    }

    fn one(&mut self) -> Result<Node, String> {
        if self.sign('-') {
            return Ok(Node::Negative(Box::new(self.one()?)));
        }
        if self.sign('(') {
            let inner = self.any_of()?;
            return self.closed(inner);
        }
        if self.word("abs") {
            if !self.sign('(') {
                return Err("abs takes its value in parentheses".to_owned());
            }
            let inner = self.sum()?;
            return self.closed(Node::Absolute(Box::new(inner)));
        }
        match self.take(|_| true) {
            Some(Token::Number(number)) => Ok(Node::Number(number)),
            Some(Token::Words(words)) => Ok(Node::Words(words)),
            Some(Token::Name(name)) if name == "source" || name == "target" => {
                let column = match self.sign('.').then(|| self.take(|token| matches!(token, Token::Name(_)))) {
                    None => None,
                    Some(Some(Token::Name(column))) => Some(column),
                    Some(_) => return Err(format!("{name}. is not followed by a column")),
                };
                Ok(Node::Column(name == "target", column))
            }
            Some(other) => {
                Err(format!("{:?} is no value; there are source, target, numbers and texts", shown(&other.to_string())))
            }
            None => Err("something is missing at its end".to_owned()),
        }
    }

    fn closed(&mut self, inner: Node) -> Result<Node, String> {
        if self.sign(')') { Ok(inner) } else { Err("a parenthesis is not closed".to_owned()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Columns a and b of both sides.
    struct Pair([[Option<&'static str>; 2]; 2]);

    impl Row for Pair {
        fn value(&self, of_target: bool, column: Option<&str>) -> Result<Given, String> {
            let at = match column {
                None | Some("a") => 0,
                Some("b") => 1,
                Some(other) => return Err(format!("no column {other}")),
            };
            Ok(self.0[usize::from(of_target)][at].map_or(Given::Null, |text| Given::Text(text.to_owned())))
        }
    }

    fn holds(text: &str, row: &Pair) -> Result<Option<bool>, String> {
        match text.parse::<Pass>()? {
            Pass::Where(expression) => expression.holds(row),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_expression_says_whether_a_row_passes() {
        let row = Pair([[Some("100.10"), Some("x")], [Some("100.1"), None]]);
        for (text, want) in [
            ("source = target", Some(true)),
            ("source.a == target.a", Some(true)),
            ("source <> target or 1 > 2", Some(false)),
            ("abs(source - target) <= 0.01 * source", Some(true)),
            ("target >= source and target < source * 1.1", Some(true)),
            ("not source < 5", Some(true)),
            ("(source - 100) * 10 = 1", Some(true)),
            ("1 + 2 * 3 = 7", Some(true)),
            ("7 - 2 - 3 = 2", Some(true)),
            ("-source < 0", Some(true)),
            ("source.b = 'x'", Some(true)),
            ("source.b = 'y'", Some(false)),
            ("source.\"b\" != 'y'", Some(true)),
            // Null is not known, and neither is what follows from it, unless it does not matter.
            ("target.b = 'x'", None),
            ("target.b = 'x' or source = target", Some(true)),
            ("target.b = 'x' and source = target", None),
            ("not target.b = 'x'", None),
            ("source / 0 = 1", None),
            ("target.b + 1 > 0", None),
        ] {
            assert_eq!(holds(text, &row), Ok(want), "{text}");
        }
        let large = Pair([[Some("9007199254740993"), None], [Some("9007199254740992"), None]]);
        assert_eq!(holds("source = target", &large), Ok(Some(false)));
        assert!(holds("source.c = 1", &row).unwrap_err().contains("no column c"));
        assert!(holds("source.b + 1 = 1", &row).unwrap_err().contains("no number"));
    }

    #[test]
    fn what_is_no_expression_is_told_before_anything_is_read() {
        for (text, part) in [
            ("", "missing at its end"),
            ("source", "compares nothing"),
            ("source = ", "missing at its end"),
            ("source = target)", "one too much"),
            ("(source = target", "not closed"),
            ("source = 'x", "not closed"),
            ("sum(source) = 1", "no value"),
            ("source = target; DROP", "means nothing"),
            ("source. = 1", "not followed by a column"),
            ("abs source > 1", "parentheses"),
            ("1.2.3 = source", "no number"),
            ("within x", "no tolerance"),
            ("within -1", "no tolerance"),
        ] {
            let said = text.parse::<Pass>().unwrap_err();
            assert!(said.contains(part), "{text}: {said}");
        }
        assert!("(".repeat(60).parse::<Pass>().unwrap_err().contains("nests"));
        assert!("1".repeat(2_000).parse::<Pass>().unwrap_err().contains("longer"));
    }

    #[test]
    fn a_rule_is_spelled_as_it_is_read() {
        for text in ["equal", "within 0.01", "within 1%", "abs(source - target) <= 1"] {
            let pass: Pass = text.parse().unwrap();
            assert_eq!(pass.to_string(), text);
            assert_eq!(serde_json::from_str::<Pass>(&serde_json::to_string(&pass).unwrap()).unwrap(), pass);
        }
    }

    #[test]
    fn near_is_by_a_number_or_by_a_part_of_the_greater() {
        for (by, part, a, b, want) in [
            ("0.01", false, "1.00", "1.01", Some(true)),
            ("0.01", false, "1.00", "1.011", Some(false)),
            ("1e-2", true, "99", "100", Some(true)),
            ("1e-2", true, "-98", "-100", Some(false)),
            ("0", false, "1.0", "1", Some(true)),
            ("1", false, "NaN", "1", None),
        ] {
            assert_eq!(near(by, part, a, b), want, "{a} {b}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_gives_a_rule_or_an_error(text in "[a-z0-9 .()<>=+*/'-]{0,40}") {
            let _ = text.parse::<Pass>();
        }
    }
}
