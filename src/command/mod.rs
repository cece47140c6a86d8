//! Running the user's command.
