//! Makes a change durable: intent, files, audit entry and done mark, so that a crash leaves the old or the new.
