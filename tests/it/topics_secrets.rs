//! SNS and Secrets Manager: the embedded AWS as boto3 and the AWS CLI read it, both and moto as our reader reads them.

use crate::embedded::{aws, client, frozen, http, python, started};
use crate::moto::Moto;
use cutover::aws::{Limiters, Reader, Settings, connect};
use cutover::demo::{Options, Running};
use cutover::model::ProblemKind;
use cutover::model::topic::Audience;
use serde_json::{Map, Value, json};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/topics_secrets.py");
const PREFIX: &str = "arn:aws:sns:eu-west-1:123456789012:";

async fn connected(url: &str) -> Reader {
    let settings = Settings { burst: 50, requests_per_second: 4.0, ..Settings::embedded(url) };
    connect(&settings, &Limiters::default()).await.unwrap().reader
}

async fn with_fault(fault: &str) -> (Running, Reader) {
    let running = started(Options { faults: vec![fault.parse().unwrap()], ..frozen() }).await;
    let reader = connected(&running.endpoint_url()).await;
    (running, reader)
}

/// Every topic and secret that boto3 saw, read by our reader.
async fn read_alike(reader: &Reader, seen: &Value) {
    for (arn, theirs) in seen["topics"].as_object().unwrap() {
        let answer = reader.topic(arn).await.unwrap();
        assert!(answer.missing.is_empty());
        let mut ours = serde_json::to_value(answer.value.unwrap()).unwrap();
        assert_eq!(ours.as_object_mut().unwrap().remove("arn").unwrap(), json!(arn));
        assert_eq!(ours, *theirs, "{arn}");
    }
    for (name, theirs) in seen["secrets"].as_object().unwrap() {
        let ours = reader.secret(name).await.map(|answer| answer.value.expose().to_owned());
        match theirs.as_str() {
            Some(text) => assert_eq!(ours.unwrap(), text),
            None => assert!(ours.unwrap_err().lines().join(" ").contains("bytes"), "{name}"),
        }
    }
    assert_eq!(reader.topic(&format!("{PREFIX}absent")).await.unwrap().value, None);
    assert_eq!(reader.secret("absent").await.err().map(|problem| problem.kind), Some(ProblemKind::NotFound));
}

#[tokio::test(flavor = "multi_thread")]
async fn boto3_the_cli_and_our_reader_agree_and_a_message_can_be_read_back() {
    let running = started(frozen()).await;
    let url = running.endpoint_url();
    let said = client(&python(), &[SCRIPT], &url).await.unwrap_or_else(|error| panic!("{error}"));
    let seen: Value = serde_json::from_str(&said).unwrap();
    let names: Vec<&str> = seen["topics"].as_object().unwrap().keys().map(|arn| &arn[PREFIX.len()..]).collect();
    assert_eq!(names, ["dms-capacity", "dms-failures", "shop-deployments"]);
    let secrets: Vec<&String> = seen["secrets"].as_object().unwrap().keys().collect();
    assert_eq!(secrets, ["rds/shop-aurora", "rds/shop-prod", "rds/shop-staging", "refresh/mask-key"]);
    let value: Map<String, Value> = serde_json::from_str(seen["secrets"]["rds/shop-prod"].as_str().unwrap()).unwrap();
    for (name, kind) in
        [("username", "t"), ("password", "t"), ("engine", "t"), ("host", "t"), ("port", "n"), ("dbname", "t")]
    {
        assert_eq!(if value[name].is_string() { "t" } else { "n" }, kind, "{name}");
    }
    let refusal = |code: &str, status: u16| json!([code, status]);
    assert_eq!(
        seen["codes"],
        json!({
            "no such topic": refusal("NotFound", 404),
            "no such topic to list": refusal("NotFound", 404),
            "no such topic to tell": refusal("NotFound", 404),
            "no such secret": refusal("ResourceNotFoundException", 400),
            "no such secret to describe": refusal("ResourceNotFoundException", 400),
            "no ARN": refusal("InvalidParameter", 400),
            "nothing to say": refusal("InvalidParameter", 400),
            "not this operation": refusal("InvalidAction", 400),
            "not this one either": refusal("UnknownOperationException", 400),
            "an older value": refusal("ResourceNotFoundException", 400),
        })
    );
    read_alike(&connected(&url).await, &seen).await;

    let (_, _, kept) = http(&running, "GET /_demo/messages HTTP/1.1", "").await.unwrap();
    let kept: Value = serde_json::from_str(&kept).unwrap();
    assert_eq!(kept.as_array().unwrap().len(), 1, "what was refused is not there");
    assert_eq!(kept[0]["id"], seen["told"]);
    assert_eq!((&kept[0]["subject"], &kept[0]["message"]), (&json!("cutover"), &json!("rücksicht & <tags>\nnext")));

    let topic = format!("{PREFIX}dms-failures");
    let listed = aws(&running, &["sns", "list-subscriptions-by-topic", "--topic-arn", &topic]).await.unwrap();
    assert_eq!(listed["Subscriptions"].as_array().unwrap().len(), 3);
    let one = aws(&running, &["secretsmanager", "get-secret-value", "--secret-id", "rds/shop-prod"]).await.unwrap();
    assert_eq!(one["SecretString"], seen["secrets"]["rds/shop-prod"]);
    let some =
        aws(&running, &["secretsmanager", "list-secrets", "--filters", "Key=name,Values=rds/shop-a"]).await.unwrap();
    assert_eq!(some["SecretList"].as_array().unwrap().len(), 1);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_boto3_makes_in_moto_our_reader_reads_alike() {
    let moto = tokio::task::spawn_blocking(Moto::start).await.unwrap();
    let said = client(&python(), &[SCRIPT, "fill"], moto.url()).await.unwrap_or_else(|error| panic!("{error}"));
    let seen: Value = serde_json::from_str(&said).unwrap();
    let reader = connected(moto.url()).await;
    read_alike(&reader, &seen).await;
    let many = reader.topic(&format!("{PREFIX}dms-failures")).await.unwrap();
    assert_eq!(many.value.unwrap().subscribers.unwrap().len(), 103);
    assert!(many.pages > 2, "attributes, and two pages of subscribers");
    let silent = reader.topic(&format!("{PREFIX}dms-silent")).await.unwrap().value.unwrap();
    assert!(silent.audience().is_nobody());
    assert!(seen["secrets"]["rds/shop"].as_str().unwrap().contains("new"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_subscription_knows_whether_anybody_hears_it_where_sns_may_be_asked() {
    let heard = async |reader: &Reader, missing: usize| {
        let answer = reader.event_subscriptions().await.unwrap();
        assert_eq!(answer.missing.len(), missing, "{:?}", answer.missing);
        assert!(answer.missing.iter().all(|problem| problem.summary.contains("sns:GetTopicAttributes")));
        let shape =
            |one: &cutover::model::parts::EventSubscription| (one.name.raw().to_owned(), one.audience, one.is_dead());
        answer.value.iter().map(shape).collect::<Vec<_>>()
    };
    let (failures, oncall) = ("dms-failures".to_owned(), "dms-oncall".to_owned());
    let running = started(frozen()).await;
    let reader = connected(&running.endpoint_url()).await;
    let known = Audience::Known { confirmed: 2, pending: 1 };
    assert_eq!(heard(&reader, 0).await, [(failures.clone(), known, false), (oncall.clone(), Audience::NoTopic, true)]);
    running.stop().await;
    for fault in ["access-denied=sns:GetTopicAttributes", "error@sns"] {
        let (running, reader) = with_fault(fault).await;
        let unknown = Audience::Unknown;
        assert_eq!(
            heard(&reader, 1).await,
            [(failures.clone(), unknown, false), (oncall.clone(), unknown, true)],
            "{fault}"
        );
        running.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_names_the_action_that_is_missing() {
    let topic = format!("{PREFIX}dms-failures");
    let (running, reader) = with_fault("access-denied=GetTopicAttributes").await;
    let problem = reader.topic(&topic).await.unwrap_err();
    assert_eq!(problem.kind, ProblemKind::AccessDenied);
    assert!(problem.lines().join(" ").contains("sns:GetTopicAttributes"), "{problem:?}");
    running.stop().await;
    let (running, reader) = with_fault("access-denied=ListSubscriptionsByTopic").await;
    let answer = reader.topic(&topic).await.unwrap();
    assert_eq!(answer.value.unwrap().subscribers, None);
    assert!(answer.missing[0].lines().join(" ").contains("sns:ListSubscriptionsByTopic"));
    running.stop().await;
    let (running, reader) = with_fault("access-denied=GetSecretValue").await;
    let problem = reader.secret("rds/shop-prod").await.err().unwrap();
    assert_eq!(problem.kind, ProblemKind::AccessDenied);
    assert!(problem.lines().join(" ").contains("secretsmanager:GetSecretValue"), "{problem:?}");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_text_in_topics_stays_text_and_counts_stay_numbers() {
    let (running, reader) = with_fault("hostile-text@sns").await;
    let topic = reader.topic(&format!("{PREFIX}dms-failures")).await.unwrap().value.unwrap();
    assert_eq!(topic.audience(), Audience::Known { confirmed: 2, pending: 1 });
    let subscribers = topic.subscribers.unwrap();
    assert!(subscribers.iter().all(|one| !one.endpoint.shown().chars().any(char::is_control)));
    // XML cannot carry an escape character at all; the line break can.
    assert!(subscribers.iter().all(|one| one.endpoint.raw().contains('\n')));
    running.stop().await;
}
