mod mover;
mod servers;
