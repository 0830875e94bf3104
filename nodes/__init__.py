"""What a node is: plain functions, typed ports, one declaration. Node files import this and nothing else of ours.

The contract: ports, node, calls, linked, messages, records.
Octopus: kraken_*, dispatch_fetcher, completed_fetcher, poll_planner, poll_pace, smart_control,
    boost_charge, charge_cap, charge_preferences.
Prices: rate_*, tariff*, half_hours, ladder, allowance, outlook, verdict, reasons.
The books: dispatch_ledger, slot_record, cost_meter, energy*.
The car: tesla_*, telemetry_fields, tessie, tessie_answers, car_*, which_car, ev_meter, meter_readings, plug_guard,
    plug_watch.
The battery: victron_*, gx_*, battery_*, wishes, powerwall, powerwall_site, powerwall_replies.
Sun and heat: solar_*, sun, sun_services, heat_pump, heat_switch.
People: alarm, notify, notices.
For any flow: clock, cadence, inject, mqtt_in, mqtt_out, switch, change, grace, debug, topics, payload, field.
Simulators: sim_*.
"""

from .calls import Budget, Fault, Json, Reply, Request, Secret, without_login
from .linked import (
    Action,
    Answer,
    Asked,
    Dial,
    Due,
    Event,
    Heard,
    Linked,
    Listen,
    Listener,
    Say,
    Started,
    Status,
    Stopping,
    Timer,
    Will,
)
from .node import CRASHED, Input, Link, Node, from_file, volatile
from .ports import Emit, In, Kept, Now, Port, Ports, keep, refines, secret
from .records import replace

__all__ = [
    "CRASHED",
    "Action",
    "Answer",
    "Asked",
    "Budget",
    "Dial",
    "Due",
    "Emit",
    "Event",
    "Fault",
    "Heard",
    "In",
    "Input",
    "Json",
    "Kept",
    "Link",
    "Linked",
    "Listen",
    "Listener",
    "Node",
    "Now",
    "Port",
    "Ports",
    "Reply",
    "Request",
    "Say",
    "Secret",
    "Started",
    "Status",
    "Stopping",
    "Timer",
    "Will",
    "from_file",
    "keep",
    "refines",
    "replace",
    "secret",
    "volatile",
    "without_login",
]
