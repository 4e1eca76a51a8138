"""The external market-data API, read over HTTP, and a stand-in for it."""

from .gateway import HttpMarketBenchmarkGateway
from .stand_in import Fault, MarketStandIn, serve_stand_in

__all__ = ["Fault", "HttpMarketBenchmarkGateway", "MarketStandIn", "serve_stand_in"]
