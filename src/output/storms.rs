//! Storms in every format.

use serde_json::{Value, json};

use super::fixture::*;
use super::{COLUMNS, Context, Format, Line};
use crate::model::event::{Comm, What};
use crate::model::storm::{Course, Report};

fn report(begins: bool) -> Report {
    let course = Course {
        began_ns: 4_000_000_000,
        latest_ns: 16_000_000_000,
        over: !begins,
        rate: 1_200,
        peak: 1_500,
        threshold: 500,
    };
    Report {
        begins,
        course,
        culprit: Some(subject(b"make")),
        rate: 1_150,
        path: vec![Comm::from("sh"), Comm::from_bytes(b"cc\x1b1")],
        total: 13_800,
        failed: 3,
        lifetime_p50_ns: Some(31_000_000),
        cpu_ns: 11_160_000_000,
        cpu_percent: 93,
    }
}

fn told(format: Format, report: &Report) -> String {
    let event = event(What::Clock { wall_offset_ns: 0 });
    let context = Context { subject: report.culprit.as_ref(), storm: Some(report), ..Context::default() };
    printed(format, &Line { context, ..line(&event) })
}

#[test]
fn as_text() {
    let nobody = Report { culprit: None, path: Vec::new(), lifetime_p50_ns: None, ..report(false) };
    let lines = [report(true), report(false), nobody].map(|report| told(Format::Text, &report)).concat();
    insta::assert_snapshot!(lines, @r"
    11:13:07.123 STORM       8122    8121   1000 make             begins  make(8122) > sh > cc␛1  1,150/s
    11:13:07.123 STORM       8122    8121   1000 make             over  make(8122) > sh > cc␛1  for 12.0s  13,800 processes  3 failed  p50 31ms  cpu 93%  peak 1,500/s of all
    11:13:07.123 STORM          -       -      - -                over  many  for 12.0s  peak 1,500/s of all
    ");
}

#[test]
fn as_json() {
    let parsed = |report: &Report| serde_json::from_str::<Value>(&told(Format::Json, report)).unwrap();
    let expected = json!({
        "event": "storm", "time": "2026-11-21T09:13:07.123456789Z",
        "pid": 8122, "ppid": 8121, "ppid_start_ns": 4_000_000_000u64, "uid": 1000, "user": "dev", "comm": "make",
        "start_ns": 5_000_000_000u64, "state": "end", "path": ["make", "sh", "cc\u{1b}1"], "rate": 1150,
        "total_rate": 1200, "peak_rate": 1500, "threshold": 500, "began_ns": 4_000_000_000u64,
        "duration_ns": 12_000_000_000u64, "total": 13800, "failed": 3, "lifetime_p50_ns": 31_000_000,
        "cpu_ns": 11_160_000_000u64,
    });
    assert_eq!(parsed(&report(false)), expected);
    assert_eq!(parsed(&report(true))["state"], "begin");
    let nobody = parsed(&Report { culprit: None, path: Vec::new(), lifetime_p50_ns: None, ..report(true) });
    assert_eq!((nobody.get("pid"), nobody.get("lifetime_p50_ns")), (None, None));
}

#[test]
fn as_csv() {
    let text = told(Format::Csv, &report(false));
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    let record = reader.records().next().unwrap().unwrap();
    let field = |name: &str| &record[COLUMNS.iter().position(|column| *column == name).unwrap()];
    assert_eq!((field("event"), field("pid"), field("comm")), ("storm", "8122", "make"));
    let storm = COLUMNS.iter().filter(|name| name.starts_with("storm_")).map(|name| field(name));
    let expected = ["end", "make > sh > cc␛1", "1150", "1500", "12000000000", "13800", "3", "31000000"];
    assert_eq!(storm.collect::<Vec<_>>(), expected);
}
