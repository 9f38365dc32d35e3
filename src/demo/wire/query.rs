//! awsQuery: a form in, XML out. Lists are `Name.member.1`, instants RFC 3339.

use super::value::Value;
use std::borrow::Cow;
use std::fmt::Write as _;

/// Reads a form into nested structures.
pub fn decode(body: &[u8]) -> Value {
    let mut root = Value::Map(Vec::new());
    for pair in String::from_utf8_lossy(body).split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let path = unescape(name);
        put(&mut root, &path.split('.').collect::<Vec<_>>(), unescape(value));
    }
    lists(root)
}

fn put(at: &mut Value, path: &[&str], text: String) {
    let Value::Map(members) = at else { return };
    let Some((first, rest)) = path.split_first() else { return };
    let index = members.iter().position(|(name, _)| name == first).unwrap_or_else(|| {
        members.push((Cow::Owned((*first).to_owned()), Value::Map(Vec::new())));
        members.len() - 1
    });
    if rest.is_empty() {
        members[index].1 = Value::Text(text);
    } else {
        put(&mut members[index].1, rest, text);
    }
}

/// `{"member": {"1": a, "2": b}}` becomes `[a, b]`.
fn lists(value: Value) -> Value {
    let Value::Map(members) = value else { return value };
    if let [(name, Value::Map(_))] = members.as_slice()
        && name == "member"
    {
        let Some((_, Value::Map(mut items))) = members.into_iter().next() else { return Value::Null };
        items.sort_by_key(|(index, _)| index.parse::<u32>().unwrap_or(u32::MAX));
        return Value::list(items.into_iter().map(|(_, item)| lists(item)));
    }
    Value::Map(members.into_iter().map(|(name, member)| (name, lists(member))).collect())
}

/// Takes percent signs and plus signs of a form or a query apart.
pub fn unescape(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = bytes.get(at + 1..at + 3).and_then(|two| std::str::from_utf8(two).ok());
        match (bytes[at], hex.and_then(|two| u8::from_str_radix(two, 16).ok())) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 2;
            }
            (b'+', _) => out.push(b' '),
            (byte, _) => out.push(byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// `<OpResponse><OpResult>…</OpResult><ResponseMetadata>…`.
pub fn encode(operation: &str, namespace: &str, value: &Value, request_id: &str) -> Vec<u8> {
    let mut out = format!("<{operation}Response xmlns=\"{namespace}\"><{operation}Result>");
    write(&mut out, value);
    let _ = write!(
        out,
        "</{operation}Result><ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{operation}Response>"
    );
    out.into_bytes()
}

/// `<ErrorResponse><Error>…`.
pub fn encode_error(namespace: &str, code: &str, message: &str, ours: bool, request_id: &str) -> Vec<u8> {
    let (code, message) = (escape(code), escape(message));
    let at_fault = if ours { "Receiver" } else { "Sender" };
    format!(
        "<ErrorResponse xmlns=\"{namespace}\"><Error><Type>{at_fault}</Type><Code>{code}</Code>\
         <Message>{message}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>"
    )
    .into_bytes()
}

fn write(out: &mut String, value: &Value) {
    match value {
        Value::Null => {}
        Value::Bool(b) => _ = write!(out, "{b}"),
        Value::Int(n) => _ = write!(out, "{n}"),
        Value::Float(n) => _ = write!(out, "{n}"),
        Value::Text(text) => out.push_str(&escape(text)),
        Value::Time(at) => _ = write!(out, "{at}"),
        Value::List(items) => {
            for item in items {
                out.push_str("<member>");
                write(out, item);
                out.push_str("</member>");
            }
        }
        Value::Map(members) => {
            for (name, member) in members {
                let _ = write!(out, "<{name}>");
                write(out, member);
                let _ = write!(out, "</{name}>");
            }
        }
    }
}

/// Markup escaped; what XML 1.0 cannot carry at all becomes U+FFFD, since a reader would refuse the document.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\n' | '\t' | '\r' => _ = write!(out, "&#{};", u32::from(c)),
            c if u32::from(c) < 0x20 || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_becomes_lists_and_structures() {
        let form = b"Action=GetMetricData&Q.member.2.Id=b&Q.member.1.Id=a&Q.member.1.Stat.Period=60&When=2026-01-15T14%3A03%3A22Z&T=a+b";
        let value = decode(form);
        assert_eq!(value.text_of("Action"), Some("GetMetricData"));
        let ids: Vec<_> = value.items_of("Q").iter().map(|q| q.text_of("Id").unwrap()).collect();
        assert_eq!(ids, ["a", "b"]);
        let stat = value.items_of("Q")[0].get("Stat").unwrap();
        assert_eq!(stat.get("Period").and_then(Value::int), Some(60));
        assert_eq!(value.get("When").and_then(Value::time), Some("2026-01-15T14:03:22Z".parse().unwrap()));
        assert_eq!(value.text_of("T"), Some("a b"));
    }

    #[test]
    fn markup_and_controls_in_text_cannot_break_the_document() {
        let xml = encode("Op", "urn:x", &Value::map([("A", "<b>&\u{1b}\n".into())]), "id");
        let xml = String::from_utf8(xml).unwrap();
        assert!(xml.contains("<A>&lt;b&gt;&amp;\u{fffd}&#10;</A>"), "{xml}");
    }
}
