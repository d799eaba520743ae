//! The report: self-contained, complete, and safe with names from files.

use crate::process::Folder;

fn page(test: &str, flags: &[&str]) -> String {
    let folder = Folder::new(test);
    let output = folder.run(flags);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let said = String::from_utf8(output.stdout).expect("text");
    assert!(
        said.contains("report.html"),
        "the summary says where it is: {said}"
    );
    std::fs::read_to_string(folder.path("report.html")).expect("the report is there")
}

#[test]
fn the_report_needs_nothing_from_anywhere_and_has_every_picture() {
    let flags = ["--people", "400", "--bots", "5", "--opening", "first_come"];
    let html = page("page", &flags);
    for foreign in [
        "http:", "https:", "//", "<script", "<link", "<img", "@import", "url(", "NaN", "inf",
    ] {
        assert!(!html.contains(foreign), "{foreign}");
    }
    assert_eq!(html.matches("<svg").count(), 4);
    assert_eq!(html.matches("<svg").count(), html.matches("</svg>").count());
    for section in [
        "slots-left",
        "yes-no",
        "latency",
        "who",
        "holds",
        "wanted",
        "conditions",
    ] {
        assert!(
            html.contains(&format!("<section id=\"{section}\">")),
            "{section}"
        );
    }
    for chinese in [
        "剩余号源",
        "拒绝",
        "应答时延",
        "谁得到了号",
        "重复售出",
        "丢失号源",
    ] {
        assert!(html.contains(chinese), "{chinese}");
    }
    assert_eq!(
        html.matches("<section").count(),
        html.matches("</section>").count()
    );
    assert_eq!(
        html.matches("<p").count() - html.matches("<path").count(),
        html.matches("</p>").count()
    );
}

#[test]
fn a_crowd_of_one_has_a_report_too() {
    for (test, flags) in [
        ("page-one", ["--people", "1", "--bots", "0"]),
        ("page-bot", ["--people", "0", "--bots", "1"]),
    ] {
        let alone = page(test, &[&flags[..], &["--opening=lottery"]].concat());
        assert!(!alone.contains("NaN") && !alone.contains("inf"), "{test}");
        assert_eq!(alone.matches("<svg").count(), 4);
        let html = page(test, &flags);
        assert!(!html.contains("NaN") && !html.contains("inf"), "{test}");
        assert_eq!(html.matches("<svg").count(), 11);
    }
}

#[test]
fn names_from_files_are_no_markup() {
    let folder = Folder::new("page-names");
    let name = r#"<script>alert('x')</script>&\"http:\"\u0007"#;
    folder.write(
        "schedules.ndjson",
        format!(r#"{{"resourceType":"Schedule","id":"a","actor":[{{"display":"{name}"}}]}}"#),
    );
    folder.write(
        "slots.ndjson",
        r#"{"resourceType":"Slot","id":"1","schedule":{"reference":"Schedule/a"},"status":"free","start":"2026-12-08T08:00:00Z","end":"2026-12-08T12:00:00Z"}"#,
    );
    let flags = [
        "--schedules",
        "schedules.ndjson",
        "--slots",
        "slots.ndjson",
        "--people",
        "9",
        "--bots",
        "1",
    ];
    assert_eq!(folder.run(&flags).status.code(), Some(0));
    let html = std::fs::read_to_string(folder.path("report.html")).expect("the report is there");
    assert!(!html.contains("<script") && html.contains("&lt;script&gt;alert(&#39;x&#39;)"));
    assert!(html.contains("&amp;&quot;http:&quot; "));
}

#[test]
fn a_report_goes_where_it_should() {
    let folder = Folder::new("page-place");
    let place = "some/where/new/morning.html";
    let output = folder.run(&["--people", "9", "--report", place, "--json"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(folder.path(place).exists());
}
