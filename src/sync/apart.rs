//! Reads on a task of its own. A stream is polled only while its consumer reads: a connection that it held would be held
//! for as long as that pleases. Nor does an idle stream keep the room of a read.

use crate::error::Error;
use tokio_util::task::AbortOnDropHandle;

pub(super) fn apart<T: Send + 'static>(
    read: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> impl Future<Output = Result<T, Error>> {
    let reading = AbortOnDropHandle::new(tokio::spawn(read));
    async { reading.await.map_err(Error::internal)? }
}
