//! What the README shows is what is tested.

#[test]
fn the_readme_shows_the_quick_start() {
    let (readme, example) = (
        include_str!("../README.md"),
        include_str!("../examples/quickstart.rs"),
    );
    let (_, code) = example
        .split_once("\n\n")
        .expect("the example begins with its doc");
    assert!(
        readme.contains(code),
        "copy examples/quickstart.rs, from its imports on, into the README"
    );
    let body = code
        .lines()
        .skip_while(|line| !line.starts_with("fn main"))
        .count()
        - 2;
    assert!(body <= 15, "{body} lines in main: fifteen are enough");
}
