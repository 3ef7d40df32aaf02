"""How the queue is shown: the live pages and the sockets behind them."""
