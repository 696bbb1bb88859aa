//! Says what SQLite reports in the user's words.

use rusqlite::ffi::SQLITE_IOERR_SHMSIZE;
use rusqlite::{Error as Sqlite, ErrorCode};

use super::schema::RESTORE;
use crate::model::error::{Error, Kind};
use crate::store::file::full;

impl From<Sqlite> for Error {
    fn from(error: Sqlite) -> Self {
        let why = error.to_string();
        let Some(code) = error.sqlite_error_code() else {
            return match error {
                Sqlite::FromSqlConversionFailure(..)
                | Sqlite::InvalidColumnType(..)
                | Sqlite::IntegralValueOutOfRange(..)
                | Sqlite::Utf8Error(..)
                | Sqlite::QueryReturnedNoRows => {
                    Self::damaged("The ledger holds a value that it cannot hold.").why(why).next(RESTORE)
                }
                _ => Self::internal("The ledger was asked in a wrong way.").why(why),
            };
        };
        // Where there is no room for the index of its log, SQLite speaks of a failed disk.
        let no_room = error.sqlite_error().is_some_and(|e| e.extended_code == SQLITE_IOERR_SHMSIZE);
        match code {
            ErrorCode::DiskFull => full().why("The ledger could not be written."),
            ErrorCode::SystemIoFailure if no_room => {
                full().why("The ledger could not be opened for writing.")
            }
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => {
                Self::new(Kind::Disk, "The ledger is busy.")
                    .why("Another program has been writing to it for more than ten seconds.")
                    .next("Nothing was changed. Try again; look for another console or a backup that hangs.")
            }
            ErrorCode::ReadOnly => Self::new(Kind::ReadOnly, "The ledger can only be read here.")
                .next("Nothing was changed. Check the permissions of the workspace folder."),
            ErrorCode::PermissionDenied
            | ErrorCode::CannotOpen
            | ErrorCode::AuthorizationForStatementDenied => {
                Self::new(Kind::Disk, "The ledger cannot be opened.")
                    .why(why)
                    .next("Check owner and permissions of the workspace folder and of ledger.db.")
            }
            ErrorCode::DatabaseCorrupt => Self::damaged("The ledger is damaged.").why(why).next(RESTORE),
            ErrorCode::NotADatabase => {
                Self::new(Kind::Foreign, "The ledger is not a ledger.").why(why).next(RESTORE)
            }
            ErrorCode::SystemIoFailure
            | ErrorCode::FileLockingProtocolFailed
            | ErrorCode::NoLargeFileSupport => {
                Self::new(Kind::Disk, "The disk failed while the ledger was used.")
                    .why(why)
                    .next("Nothing was half done. The workspace must be on a local disk; check it.")
            }
            ErrorCode::OutOfMemory => Self::new(Kind::Disk, "There is not enough memory.").why(why),
            ErrorCode::ConstraintViolation => {
                Self::internal("The ledger refused what would contradict it. Nothing was changed.").why(why)
            }
            _ => Self::internal("The ledger failed.").why(why),
        }
    }
}
