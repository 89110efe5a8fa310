//! `#[worker]`: from an `impl Worker` to the exports that it needs, and no others.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::Parser;
use syn::spanned::Spanned;
use syn::{Error, ImplItem, ItemImpl, Meta, Type, parse_quote};

/// What outlives an instance.
#[derive(PartialEq)]
enum State {
    /// Nothing.
    None,
    /// The whole value, by serde.
    Derived,
    /// What the worker's own `impl State` says.
    Custom,
}

/// The `impl` as it was written, and what it needs beside it.
pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    let state = state(arguments)?;
    let mut worker: ItemImpl = syn::parse2(item)?;
    check(&worker)?;
    if state != State::None {
        worker.items.push(parse_quote! {
            fn state(&mut self) -> ::core::option::Option<&mut dyn ::skep_worker::State> {
                ::core::option::Option::Some(self)
            }
        });
    }
    let derived = (state == State::Derived).then(|| derived_state(&worker.self_ty));
    let exports = exports(&worker, &state);
    Ok(quote! {
        #worker
        #derived
        #exports
    })
}

/// Reads the attribute's arguments.
fn state(arguments: TokenStream) -> syn::Result<State> {
    if arguments.is_empty() {
        return Ok(State::None);
    }
    let expected = "expected `state` or `state = custom`";
    match (<Meta as syn::parse::Parse>::parse).parse2(arguments)? {
        Meta::Path(path) if path.is_ident("state") => Ok(State::Derived),
        Meta::NameValue(pair) if pair.path.is_ident("state") => {
            let value = &pair.value;
            match quote!(#value).to_string().as_str() {
                "custom" => Ok(State::Custom),
                _ => Err(Error::new(value.span(), "expected `state = custom`")),
            }
        }
        other => Err(Error::new(other.span(), expected)),
    }
}

/// Says early what the compiler would say of code that nobody wrote.
fn check(worker: &ItemImpl) -> syn::Result<()> {
    let is_worker =
        |path: &syn::Path| path.segments.last().is_some_and(|last| last.ident == "Worker");
    match &worker.trait_ {
        Some((None, path, _)) if is_worker(path) => {}
        _ => {
            return Err(Error::new(
                worker.self_ty.span(),
                "`#[worker]` belongs on an `impl Worker for …`",
            ));
        }
    }
    if worker.generics.params.is_empty() {
        Ok(())
    } else {
        Err(Error::new(
            worker.generics.span(),
            "a component's worker is one type, without parameters",
        ))
    }
}

/// `State` of the whole value.
fn derived_state(ty: &Type) -> TokenStream {
    quote! {
        #[automatically_derived]
        impl ::skep_worker::State for #ty {
            fn save(&self) -> ::skep_worker::Result<::std::vec::Vec<u8>> {
                ::core::result::Result::Ok(::skep_worker::__private::msgpack::encode(self)?)
            }

            fn restore(&mut self, state: &[u8]) -> ::skep_worker::Result<()> {
                *self = ::skep_worker::__private::msgpack::decode(state)?;
                ::core::result::Result::Ok(())
            }
        }
    }
}

/// The module's exports, each forwarding to the one instance of the worker.
fn exports(worker: &ItemImpl, state: &State) -> TokenStream {
    let ty = &worker.self_ty;
    let has_lifecycle = worker.items.iter().any(|item| {
        matches!(item, ImplItem::Fn(function) if function.sig.ident == "initialize" || function.sig.ident == "shutdown")
    });
    let lifecycle = has_lifecycle.then(lifecycle);
    let state = (*state != State::None).then(saved);
    quote! {
        // On any other target nothing calls the worker but tests: it is used all the same.
        #[cfg(not(target_family = "wasm"))]
        const _: fn() -> #ty = ::skep_worker::__private::new::<#ty>;

        #[cfg(target_family = "wasm")]
        const _: () = {
            use ::skep_worker::__private::{Slot, exports};

            ::std::thread_local! {
                static WORKER: Slot<#ty> = const { Slot::empty() };
            }

            struct Exports;

            impl exports::handler::Guest for Exports {
                fn handle(payload: ::std::vec::Vec<u8>) -> ::core::result::Result<(), exports::handler::Failure> {
                    WORKER.with(|worker| worker.handle(payload))
                }
            }
            exports::export_handler!(Exports with_types_in exports::handler_root);

            impl exports::series::Guest for Exports {
                fn handle_series(payload: ::std::vec::Vec<u8>) -> ::core::result::Result<(), exports::series::Failure> {
                    WORKER.with(|worker| worker.handle_series(payload))
                }
            }
            exports::export_series!(Exports with_types_in exports::series_root);

            #lifecycle
            #state
        };
    }
}

/// The export `lifecycle`.
fn lifecycle() -> TokenStream {
    quote! {
        impl exports::lifecycle::Guest for Exports {
            fn start(
                args: ::std::vec::Vec<u8>,
                why: exports::lifecycle::Birth,
            ) -> ::core::result::Result<(), ::std::string::String> {
                WORKER.with(|worker| worker.start(&args, why))
            }

            fn stop() {
                WORKER.with(Slot::stop);
            }
        }
        exports::export_lifecycle!(Exports with_types_in exports::lifecycle_root);
    }
}

/// The export `state`.
fn saved() -> TokenStream {
    quote! {
        impl exports::state::Guest for Exports {
            fn save() -> ::core::result::Result<::std::vec::Vec<u8>, ::std::string::String> {
                WORKER.with(Slot::save)
            }

            fn restore(state: ::std::vec::Vec<u8>) -> ::core::result::Result<(), ::std::string::String> {
                WORKER.with(|worker| worker.restore(&state))
            }
        }
        exports::export_state!(Exports with_types_in exports::state_root);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the macro makes of a worker with these functions.
    fn expanded(arguments: TokenStream, functions: TokenStream) -> String {
        expand(arguments, quote!(impl Worker for X { type Message = String; #functions }))
            .unwrap()
            .to_string()
    }

    #[test]
    fn only_what_is_there_is_exported() {
        let check = |text: &str, lifecycle: bool, state: bool| {
            assert!(text.contains("export_handler") && text.contains("export_series"));
            assert_eq!(text.contains("export_lifecycle"), lifecycle);
            assert_eq!(text.contains("export_state"), state);
        };
        check(&expanded(quote!(), quote!()), false, false);
        check(
            &expanded(
                quote!(),
                quote!(
                    fn shutdown(&mut self, ctx: &mut Context) {}
                ),
            ),
            true,
            false,
        );
        check(&expanded(quote!(state), quote!()), false, true);
        let both = expanded(
            quote!(state = custom),
            quote!(
                fn initialize() {}
            ),
        );
        check(&both, true, true);
        assert!(!both.contains("msgpack"));
    }

    #[track_caller]
    fn refused(arguments: TokenStream, item: TokenStream, why: &str) {
        assert_eq!(expand(arguments, item).unwrap_err().to_string(), why);
    }

    #[test]
    fn mistakes_are_named() {
        let worker = quote!(impl Worker for X {});
        refused(quote!(states), worker.clone(), "expected `state` or `state = custom`");
        refused(quote!(state = serde), worker, "expected `state = custom`");
        let place = "`#[worker]` belongs on an `impl Worker for …`";
        refused(quote!(), quote!(impl X {}), place);
        refused(quote!(), quote!(impl Clone for X {}), place);
        let one = "a component's worker is one type, without parameters";
        refused(
            quote!(),
            quote!(
                impl<T> Worker for X<T> {}
            ),
            one,
        );
    }
}
