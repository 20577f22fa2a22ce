//! Tells Cargo of the files that macros embed from beside this package.

fn main() {
    for folder in ["../templates", "../static", "../migrations", "askama.toml"] {
        if std::path::Path::new(folder).exists() {
            println!("cargo:rerun-if-changed={folder}");
        }
    }
}
