//! `#[derive(Message)]`: `Encode` and `Message` by serde and MessagePack.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Generics, parse_quote};

/// The two implementations for a type of the user's.
pub(crate) fn expand(item: &DeriveInput) -> TokenStream {
    let name = &item.ident;
    let (impl_generics, ty_generics, _) = item.generics.split_for_impl();
    let ty = quote!(#name #ty_generics);
    let writes = bounded(&item.generics, quote!(#ty: ::skep_worker::__private::Serialize));
    let reads = bounded(
        &item.generics,
        quote!(#ty: ::skep_worker::__private::Serialize + ::skep_worker::__private::DeserializeOwned),
    );
    quote! {
        #[automatically_derived]
        impl #impl_generics ::skep_worker::Encode for #ty #writes {
            fn encode(&self) -> ::core::result::Result<::std::vec::Vec<u8>, ::skep_worker::PayloadError> {
                ::skep_worker::__private::msgpack::encode(self)
            }
        }

        #[automatically_derived]
        impl #impl_generics ::skep_worker::Message for #ty #reads {
            fn decode(payload: &[u8]) -> ::core::result::Result<Self, ::skep_worker::PayloadError> {
                ::skep_worker::__private::msgpack::decode(payload)
            }
        }
    }
}

/// The type's own `where` clause, and `bound` if it is generic: serde's own derive
/// says best which of its parameters have to be what. Without parameters the
/// bound is left out, so that a missing derive is reported at the type.
fn bounded(generics: &Generics, bound: TokenStream) -> TokenStream {
    let mut generics = generics.clone();
    if !generics.params.is_empty() {
        generics.make_where_clause().predicates.push(parse_quote!(#bound));
    }
    let clause = generics.where_clause;
    quote!(#clause)
}
