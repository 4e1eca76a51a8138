"""The HTTP API.

A route is a method of a Litestar controller that parses, calls one use case and
returns its result::

    @get(
        "/circuits/{circuit_id:str}/power",
        operation_id="getCircuitPower",
        needs="energy:read",            # the scope that a caller must hold
        asks=PowerParameters,           # attrs class of the query parameters
    )
    async def circuit_power(self, circuit_id: FromPath[str], request: Call) -> PowerReport:
        # the docstring's first line becomes the summary, the rest the description
        asked = request.parameters(PowerParameters)
        return await request.cases.report_power(request.tenant, ...)

Every route says ``needs=`` a scope, ``needs=None`` (any valid credential will do) or
``public=True``; one that says nothing stops the start, and ``docs/permissions.md`` is
written from what they say. Other options: ``takes=`` (attrs class of the JSON body, read
with ``await request.payload(...)``), ``may_fail=(409, 412)`` (statuses beyond the usual
ones), ``form=`` and ``answers=`` (a form, and statuses with an answer that is no
problem document), ``cacheable=True`` (answers 304), ``cost_class=`` (what
it is charged as and which gate it goes through; by its method, if not said), ``makes=``
(media type other than JSON),
``request_headers=`` and ``answer_headers=`` (name -> meaning),
``hidden=True`` (not in the OpenAPI document). Fields of ``asks`` and ``takes``
classes are made with `inputs.described`; `conditional` holds ETags, `Call.cursors`
seals page cursors. A controller is listed in `app.CONTROLLERS`, an error class in
`problems.PROBLEMS`, a path parameter in `openapi.PATH_PARAMETERS`.
"""
