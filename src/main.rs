//! The `proctop` program.

fn main() -> std::process::ExitCode {
    proctop::app::main()
}
