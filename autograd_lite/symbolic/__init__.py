"""From functions run on traced arrays to graphs of expressions."""
