//! OAuth 2.0 Form Post Response Mode.

use crate::harness::TestApp;

#[tokio::test]
async fn the_answer_is_a_form_that_posts_to_the_redirect_uri() {
    // §2, §4
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let page = app.browser().go_through(&rp.request().set("response_mode", "form_post")).await;
    let form = page.form();
    assert_eq!(form.action, rp.redirect_uri());
    assert_eq!(form.get("state"), Some("a state & more"));
    assert_eq!(form.get("iss"), Some(app.issuer()));
    assert_eq!(page.reply.header("cache-control"), Some("no-store"));
    rp.exchange(form.get("code").unwrap()).await.tokens();
}

#[tokio::test]
async fn errors_are_posted_as_well() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let request = rp.request().set("response_mode", "form_post").set("prompt", "none");
    let form = app.browser().get(&request.path()).await.form();
    assert_eq!((form.action.as_str(), form.get("error")), (rp.redirect_uri(), Some("login_required")));
}
