//! A schedule is switched by writing all of it again: whatever it holds is there afterwards.

use crate::change::{Desk, SCHEDULE};
use cutover::aws::{Limiters, Settings, connect};
use cutover::change::{Confirmed, Executor, Mode, Time, Yes};
use cutover::model::AccountId;
use cutover::model::audit::{State, Whence};
use cutover::model::change::{Change, Outcome, Ruling, Safeguards, Switch, Which};
use cutover::store::{self, Audit};
use jiff::Timestamp;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value, json};
use std::io::{Read as _, Write as _};

/// Over the wire, as any client: method and path, body.
fn wire(desk: &Desk, head: &str, body: &str) -> Value {
    let endpoint = desk.aws.endpoint();
    let mut stream = std::net::TcpStream::connect(endpoint.strip_prefix("http://").unwrap()).unwrap();
    let head = format!(
        "{head} HTTP/1.1\r\nHost: x\r\nauthorization: x\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all((head + body).as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
}

fn put(desk: &Desk, schedule: &Value) {
    wire(desk, "PUT /schedules/staging-refresh-weekly", &schedule.to_string());
}

/// All of it, but for what a switch is there to change.
fn get(desk: &Desk) -> (Map<String, Value>, Value) {
    let Value::Object(mut whole) = wire(desk, "GET /schedules/staging-refresh-weekly?groupName=migrations", "") else {
        panic!("no schedule")
    };
    whole.remove("LastModificationDate");
    let state = whole.remove("State").unwrap();
    (whole, state)
}

fn whence() -> Whence {
    Whence { os_user: "t".into(), host: "t".into(), pid: 1, tty: false, version: "t".into() }
}

/// With the rooms themselves: everything the command does.
async fn switched(desk: &Desk, to: Switch) -> Result<Outcome, String> {
    let connected = connect(&Settings::embedded(desk.aws.endpoint()), &Limiters::default()).await.unwrap();
    let expect_account = Some(AccountId("123456789012".into()));
    let authority = Mode { read_only: false, operate: true, expect_account }.authority().unwrap();
    let store = store::Settings { dir: Some(desk.state()), shared: None };
    let audit = Audit::open(&store, &whence()).await.unwrap();
    let time = Time { now: Timestamp::now, wait: |_| Box::pin(async {}) };
    let mut executor = Executor::new(
        &authority,
        &connected,
        audit,
        whence(),
        None,
        Safeguards { reload_allowed: vec![crate::change::STAGING.parse().unwrap()], ..Safeguards::default() },
        time,
    )
    .unwrap();
    let Ok(Which::Whole(what)) = SCHEDULE.parse() else { panic!("{SCHEDULE}") };
    let draft = executor.draft(&Change::Switch { what, to }).await.unwrap();
    match draft.ruling {
        Ruling::Legal => {}
        other => return Err(format!("{other:?}")),
    }
    let yes = Yes::given(true).unwrap();
    let confirmed = Confirmed::by_flag(draft.preview, yes, Timestamp::now()).unwrap();
    Ok(executor.execute(confirmed).await)
}

fn text() -> impl Strategy<Value = Value> {
    "[A-Za-z0-9 _./:\"\\\\äß{}-]{1,16}".prop_map(Value::String)
}

fn number() -> impl Strategy<Value = Value> {
    (1_i64..100_000).prop_map(Value::from)
}

fn moment() -> impl Strategy<Value = Value> {
    (1_800_000_000_000_i64..2_000_000_000_000).prop_map(|ms| {
        if ms % 3 == 0 { json!(ms / 1000) } else { json!(f64::from(u32::try_from(ms / 1000).unwrap()) + 0.125) }
    })
}

/// An object with each of these members or without.
fn some_of(members: Vec<(&'static str, BoxedStrategy<Value>)>) -> BoxedStrategy<Value> {
    let each: Vec<_> = members.into_iter().map(|(name, value)| (Just(name), option::of(value))).collect();
    each.prop_map(|members| {
        Value::Object(members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect())
    })
    .boxed()
}

fn with(base: BoxedStrategy<Value>, fixed: Value) -> BoxedStrategy<Value> {
    base.prop_map(move |mut value| {
        value.as_object_mut().unwrap().extend(fixed.as_object().unwrap().clone());
        value
    })
    .boxed()
}

fn list(of: impl Strategy<Value = Value> + 'static) -> BoxedStrategy<Value> {
    vec(of, 0..3).prop_map(Value::Array).boxed()
}

fn one_of(words: &'static [&'static str]) -> BoxedStrategy<Value> {
    proptest::sample::select(words).prop_map(Value::from).boxed()
}

fn ecs() -> BoxedStrategy<Value> {
    let network = with(
        some_of(vec![("SecurityGroups", list(text())), ("AssignPublicIp", one_of(&["ENABLED", "DISABLED"]))]),
        json!({"Subnets": ["subnet-1"]}),
    )
    .prop_map(|inner| json!({"awsvpcConfiguration": inner}));
    let tags = "[a-z]{1,6}".prop_flat_map(|name| text().prop_map(move |value| json!({name.clone(): value})));
    let capacity =
        with(some_of(vec![("weight", number().boxed()), ("base", number().boxed())]), json!({"capacityProvider": "F"}));
    let members: Vec<(&'static str, BoxedStrategy<Value>)> = vec![
        ("TaskCount", (1_i64..10).prop_map(Value::from).boxed()),
        ("LaunchType", one_of(&["EC2", "FARGATE", "EXTERNAL"])),
        ("NetworkConfiguration", network.boxed()),
        ("PlatformVersion", text().boxed()),
        ("Group", text().boxed()),
        ("CapacityProviderStrategy", list(capacity)),
        ("EnableECSManagedTags", any::<bool>().prop_map(Value::from).boxed()),
        ("EnableExecuteCommand", any::<bool>().prop_map(Value::from).boxed()),
        (
            "PlacementConstraints",
            list(some_of(vec![("type", one_of(&["distinctInstance", "memberOf"])), ("expression", text().boxed())])),
        ),
        (
            "PlacementStrategy",
            list(some_of(vec![("type", one_of(&["random", "spread", "binpack"])), ("field", text().boxed())])),
        ),
        ("PropagateTags", one_of(&["TASK_DEFINITION"])),
        ("ReferenceId", text().boxed()),
        ("Tags", list(tags)),
    ];
    with(some_of(members), json!({"TaskDefinitionArn": "arn:aws:ecs:eu-west-1:123456789012:task-definition/x"}))
}

fn target() -> BoxedStrategy<Value> {
    let pipeline = (text(), text()).prop_map(|(name, value)| json!({"Name": name, "Value": value}));
    let members: Vec<(&'static str, BoxedStrategy<Value>)> = vec![
        ("Input", text().boxed()),
        ("DeadLetterConfig", some_of(vec![("Arn", text().boxed())])),
        (
            "RetryPolicy",
            some_of(vec![("MaximumEventAgeInSeconds", number().boxed()), ("MaximumRetryAttempts", number().boxed())]),
        ),
        ("EcsParameters", ecs()),
        ("EventBridgeParameters", (text(), text()).prop_map(|(d, s)| json!({"DetailType": d, "Source": s})).boxed()),
        ("KinesisParameters", text().prop_map(|key| json!({"PartitionKey": key})).boxed()),
        ("SageMakerPipelineParameters", some_of(vec![("PipelineParameterList", list(pipeline))])),
        ("SqsParameters", some_of(vec![("MessageGroupId", text().boxed())])),
    ];
    let fixed = json!({"Arn": "arn:aws:sqs:eu-west-1:123456789012:q", "RoleArn": "arn:aws:iam::123456789012:role/r"});
    with(some_of(members), fixed)
}

fn schedule() -> BoxedStrategy<Value> {
    let windows = vec![json!({"Mode": "OFF"}), json!({"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15})];
    let optional: Vec<(&'static str, BoxedStrategy<Value>)> = vec![
        ("ActionAfterCompletion", one_of(&["NONE", "DELETE"])),
        ("Description", text().boxed()),
        ("StartDate", moment().boxed()),
        ("EndDate", moment().boxed()),
        ("KmsKeyArn", text().boxed()),
        ("ScheduleExpressionTimezone", one_of(&["Europe/Berlin", "America/New_York", "UTC"])),
        ("State", one_of(&["ENABLED", "DISABLED"])),
    ];
    let expressions = &["cron(30 2 ? * SUN *)", "rate(5 minutes)", "at(2030-01-01T00:00:00)"];
    (some_of(optional), target(), one_of(expressions), proptest::sample::select(windows))
        .prop_map(|(mut whole, target, expression, window)| {
            let fixed = json!({"GroupName": "migrations", "Target": target, "ScheduleExpression": expression,
                "FlexibleTimeWindow": window});
            whole.as_object_mut().unwrap().extend(fixed.as_object().unwrap().clone());
            whole
        })
        .boxed()
}

#[test]
fn everything_a_schedule_holds_survives_being_switched() {
    let desk = Desk::new(&[]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    // Each case is a dozen requests.
    let config = ProptestConfig {
        cases: ProptestConfig::default().cases / 4,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let outcome = TestRunner::new(config).run(&schedule(), |schedule| {
        put(&desk, &schedule);
        let (before, state) = get(&desk);
        let (to, wanted) = if state == "ENABLED" { (Switch::Disable, "DISABLED") } else { (Switch::Enable, "ENABLED") };
        let outcome = runtime.block_on(switched(&desk, to)).map_err(TestCaseError::fail)?;
        prop_assert_eq!(outcome.state, State::Done, "{:?}", outcome.lines);
        let (after, state) = get(&desk);
        prop_assert_eq!(&state, wanted);
        prop_assert_eq!(&after, &before);
        // What was put there is there: dates are told as numbers of their own making, and targets gain a retry policy.
        let as_put = |name: &str| name == "Target" || name == "State" || name.ends_with("Date");
        let kept =
            schedule.as_object().unwrap().iter().all(|(name, value)| as_put(name) || before.get(name) == Some(value));
        prop_assert!(kept, "{:?} is not {:?}", before, schedule);
        Ok(())
    });
    outcome.unwrap_or_else(|why| panic!("{why}"));
    // Each case is put there once and switched once.
    let cases = u64::from(ProptestConfig::default().cases / 4);
    assert_eq!(desk.sent("scheduler:UpdateSchedule"), 2 * cases);
}

/// What this program does not know it cannot write back; it does not try.
#[test]
fn a_schedule_with_a_field_of_tomorrow_is_refused() {
    let desk = Desk::new(&[]);
    let target = json!({"Arn": "arn:aws:sqs:eu-west-1:123456789012:q", "RoleArn": "arn:aws:iam::123456789012:role/r",
        "JitterInSeconds": 7});
    put(
        &desk,
        &json!({"GroupName": "migrations", "ScheduleExpression": "rate(5 minutes)", "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": target}),
    );
    let writes = desk.writes();
    let (status, _, err) = desk.told(&["schedules", "disable", SCHEDULE, "--yes"]);
    assert_eq!(status, 1, "{err}");
    assert!(err.contains("writing it back would lose that: JitterInSeconds"), "{err}");
    assert_eq!(desk.writes(), writes);
    assert_eq!(get(&desk).0["Target"]["JitterInSeconds"], 7);
    assert_eq!(desk.activity()[0]["result"], "refused");
}
