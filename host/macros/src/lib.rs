//! The attribute `#[skep::node]`, which the crate `skep` re-exports.

use proc_macro::TokenStream;
use quote::quote;
use syn::{Error, ItemFn};

/// Runs an async `main` within a node: makes a tokio runtime, starts a node that
/// keeps nothing on disk, hands it over, and stops it in good order when `main`
/// returns.
///
/// `main` takes one argument, a `skep::Node`, and returns a `Result` whose error
/// can be made from a `skep::error::NodeError`.
#[proc_macro_attribute]
pub fn node(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand(&arguments, item).unwrap_or_else(Error::into_compile_error).into()
}

fn expand(arguments: &TokenStream, item: TokenStream) -> Result<proc_macro2::TokenStream, Error> {
    let ItemFn { attrs, vis, mut sig, block } = syn::parse(item)?;
    if !arguments.is_empty() {
        return Err(Error::new_spanned(&sig.ident, "`#[skep::node]` takes no arguments"));
    }
    if sig.asyncness.take().is_none() {
        return Err(Error::new_spanned(sig.fn_token, "`#[skep::node]` is for an `async fn`"));
    }
    let inputs = std::mem::take(&mut sig.inputs);
    let mut arguments = inputs.iter();
    let (Some(node), None) = (arguments.next(), arguments.next()) else {
        return Err(Error::new_spanned(
            &sig.ident,
            "`#[skep::node]` hands over one argument: `node: skep::Node`",
        ));
    };
    let output = &sig.output;
    let result = match output {
        syn::ReturnType::Default => {
            return Err(Error::new_spanned(
                &sig.ident,
                "return a `Result`: the node may not start",
            ));
        }
        syn::ReturnType::Type(_, result) => result,
    };
    Ok(quote! {
        #(#attrs)*
        #vis #sig {
            ::skep::__private::run_main(|#node| async move {
                let result: #result = async move #block.await;
                result
            })
        }
    })
}
