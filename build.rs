//! Compiles the protos with protox: cargo is all that a build needs.

use prost_types::FileDescriptorSet;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=proto");
    let mut protos: Vec<PathBuf> = fs::read_dir("proto/partner/v1")?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    protos.sort();
    let mut compiler = protox::Compiler::new(["proto"])?;
    compiler.include_imports(true).include_source_info(true).open_files(&protos)?;
    // reflection serves these very bytes: comments and options survive only so
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("partner_descriptor.bin"), compiler.encode_file_descriptor_set())?;
    tonic_prost_build::configure()
        .extern_path(".google.rpc.Status", "::tonic_types::Status")
        .compile_fds(compiler.file_descriptor_set())?;
    stream_of_shared_bytes(compiler.file_descriptor_set(), &out)
}

/// MemberSyncService once more, answering its stream with messages that are bytes already: an event is encoded once,
/// however many consumers are sent it. Everything but that one message is the same as above.
fn stream_of_shared_bytes(mut files: FileDescriptorSet, out: &Path) -> Result<(), Box<dyn Error>> {
    files.file.retain(|file| file.name() == "partner/v1/member_sync_service.proto");
    let out = out.join("shared");
    fs::create_dir_all(&out)?;
    tonic_prost_build::configure()
        .build_client(false)
        .extern_path(".partner.v1", "crate::grpc::pb")
        .extern_path(".partner.v1.WatchMembersResponse", "crate::grpc::shared::Shared")
        .out_dir(out)
        .compile_fds(files)?;
    Ok(())
}
