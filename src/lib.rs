pub mod backend;
pub mod caller;
pub mod domain;
pub mod entity;
pub mod error;
pub mod feed;
pub mod migration;
