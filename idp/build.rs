//! Says so when a feature that was asked for has no effect.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let feature = |name: &str| std::env::var_os(format!("CARGO_FEATURE_{name}")).is_some();
    if feature("SYSTEM_OPENSSL") && feature("VENDORED_OPENSSL") && std::env::var_os("OPENSSL_NO_VENDOR").is_none() {
        println!(
            "cargo:warning=OpenSSL is built along: for the system's, add --no-default-features or set OPENSSL_NO_VENDOR=1"
        );
    }
}
