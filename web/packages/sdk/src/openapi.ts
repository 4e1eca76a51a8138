// Made from the API's OpenAPI document by `npm run generate`; do not edit.

export interface paths {
    "/api/v1/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Events, newest first
         * @description What was acknowledged is there at once. All pages of a walk see the same position: no
         *     event is skipped, repeated or added while you read.
         *
         *     With `Accept: application/x-ndjson`, `text/csv`,
         *     `application/vnd.openxmlformats-officedocument.spreadsheetml.sheet` (Excel),
         *     `application/vnd.apache.arrow.stream` or `application/vnd.apache.parquet` all events that
         *     fit come in one stream, as of one position, which `As-Of-Position` tells. If it breaks
         *     off, ask again with that `as_of_position` and the last whole event as `after`. Cells of
         *     CSV that a spreadsheet would compute begin with an apostrophe.
         *
         *     Needs the scope `events:read`.
         */
        get: operations["listEvents"];
        put?: never;
        /**
         * Send 1 to 100 events: kept together or not at all, each once, for good
         * @description Two keys make it safe to send again after any failure. The `Idempotency-Key` names the
         *     request: with the same body it gives its first answer again, for at least 48 hours; with
         *     another body it is refused (422). The `event_id` names the event, for good: one that was
         *     kept before is a duplicate and is not counted twice; with other content it is refused
         *     (409), and the answer names the fields that differ.
         *
         *     Needs the scope `events:write`.
         */
        post: operations["sendEvents"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/metrics/summary": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Metrics by the day, with totals
         * @description Every day of the range has a row; one without a figure says `missing`. The total says
         *     how it was made, and of how many days; where days do not add up there is none, with
         *     the reason. The total of a ratio is the ratio of totals, never a mean of ratios.
         *
         *     Needs the scope `daily_metrics:read`.
         */
        get: operations["getMetricsSummary"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description One day of one metric. */
        DayFigure: {
            /**
             * Format: date
             * @description The day.
             */
            date: string;
            /** @description Whether nothing is known of the day. A ratio over 0 has no value either, but its parts are known. */
            missing: boolean;
            /**
             * Format: double
             * @description Its figure; null where there is none. [the metric's unit]
             */
            value: number | null;
        };
        /** @description An event that was acknowledged. */
        Event: {
            /** @description Its name for good. */
            event_id: string;
            /** @description What was done. */
            event_type: string;
            /**
             * Format: int64
             * @description Its place in the order of acknowledgement, from 1; grows with every event.
             */
            position: number;
            /** @description What else there is to say. */
            properties: {
                [key: string]: unknown;
            };
            /**
             * Format: date-time
             * @description When we had it. [UTC]
             */
            received_at: string;
            /** @description The version of the type's schema that it was checked against; null where there was none. */
            schema_version: string | null;
            /**
             * Format: date-time
             * @description When. [UTC]
             */
            timestamp: string;
            /** @description Who did it. */
            user_id: string;
        };
        /** @description An event to be kept. */
        EventBody: {
            /**
             * @description Names the event for good, 1 to 200 characters: sent again, it is not counted twice. One is given where it is left out.
             * @example 0199f2c1-6a0e-7c4b-9c1d-2f6f0f3f9a51
             */
            event_id?: string | null;
            /**
             * @description What was done, 1 to 100 characters.
             * @example signup
             */
            event_type: string;
            /**
             * @description What else there is to say: at most 200 names and 8 levels.
             * @default {}
             * @example {
             *       "channel": "ads",
             *       "plan": "pro"
             *     }
             */
            properties?: {
                [key: string]: unknown;
            };
            /**
             * Format: date-time
             * @description When it happened: 1970 to five minutes from now; the instant of receipt where it is left out.
             * @example 2026-01-01T09:30:00Z
             */
            timestamp?: string | null;
            /**
             * @description Who did it, 1 to 200 characters.
             * @example u_17
             */
            user_id: string;
        };
        /** @description A page of events, newest first. */
        EventList: {
            /**
             * Format: int64
             * @description The position that was seen: what was acknowledged later is in no page of this walk.
             */
            as_of_position: number;
            /** @description The events. */
            items: components["schemas"]["Event"][];
            /** @description For the next page; null on the last. */
            next_cursor: string | null;
        };
        /** @description What became of one event. */
        EventOutcome: {
            /** @description Why it was refused or is kept apart; of an accepted one, what its schema notes. */
            errors: components["schemas"]["FieldProblem"][];
            /** @description Its name for good; null if it was refused without one. */
            event_id: string | null;
            /**
             * Format: int64
             * @description Its place in the request, from 0.
             */
            index: number;
            /**
             * Format: int64
             * @description Its place in the order of acknowledgement; null if it was refused.
             */
            position: number | null;
            /** @description `accepted`; `duplicate` if it was there already, and nothing was done; `quarantined` if it is kept apart because it breaks its schema; `refused`. */
            status: components["schemas"]["EventStatus"];
        };
        /** @description Events to be kept together. */
        EventsBody: {
            /** @description 1 to 100 events. */
            events: components["schemas"]["EventBody"][];
        };
        /** @description What became of a request: what is acknowledged here is kept for good. */
        EventsReceipt: {
            /**
             * Format: int64
             * @description Events that are new.
             */
            accepted: number;
            /**
             * Format: int64
             * @description Events that were there already.
             */
            duplicates: number;
            /**
             * Format: int64
             * @description Your position once they were kept; lists as of it show them.
             */
            position: number;
            /**
             * Format: int64
             * @description Events that are kept apart.
             */
            quarantined: number;
            /**
             * Format: int64
             * @description Events that were refused; none unless asked for leniently.
             */
            refused: number;
            /** @description One per event, in the order sent. */
            results: components["schemas"]["EventOutcome"][];
        };
        /**
         * @description What became of an event.
         * @enum {string}
         */
        EventStatus: "accepted" | "duplicate" | "quarantined" | "refused";
        /** @description One thing wrong with one field of a request. */
        FieldProblem: {
            /** @description Stable name of the rule that was broken. */
            code: string;
            /** @description What is wrong and what would be right. */
            detail: string;
            /** @description Name of the query parameter, or null when the body is meant. */
            parameter: string | null;
            /** @description JSON pointer into the body, or null when a parameter is meant. */
            pointer: string | null;
        };
        /** @description One metric over the range. */
        MetricSeries: {
            /** @description Every day of the range, oldest first. */
            days: components["schemas"]["DayFigure"][];
            /** @description Which. */
            metric_name: string;
            /** @description How its days add up. */
            over_days: components["schemas"]["OverDays"];
            /** @description What they come to. */
            total: components["schemas"]["MetricTotal"];
            /** @description What its values count; null for a bare number. */
            unit: string | null;
        };
        /** @description Metrics by the day, with totals. */
        MetricsSummary: {
            /**
             * Format: int64
             * @description Position up to which events were counted; null if no metric is computed from events.
             */
            as_of_position: number | null;
            /**
             * Format: date
             * @description Last day, which belongs to the range.
             */
            end_date: string;
            /** @description In the order in which they were asked for; all of them by name. */
            metrics: components["schemas"]["MetricSeries"][];
            /** @description Whose. */
            org_id: string;
            /**
             * Format: int64
             * @description Events that were acknowledged and are not counted yet, which takes a second or so, those kept apart among them; null if no metric is computed from events.
             */
            pending_events: number | null;
            /**
             * Format: date
             * @description First day.
             */
            start_date: string;
        };
        /** @description What the days of a range come to. */
        MetricTotal: {
            /**
             * Format: int64
             * @description Days of the range.
             */
            days: number;
            /**
             * Format: int64
             * @description Days of the range that have a figure.
             */
            days_with_value: number;
            /** @description What was done to the days; null without a total. */
            how: string | null;
            /** @description Why there is no total; null where there is one. */
            reason: string | null;
            /**
             * Format: double
             * @description The total; null if there is none that is true. [the metric's unit]
             */
            value: number | null;
        };
        /**
         * @description What one figure for several days is, given the days.
         * @enum {string}
         */
        OverDays: "sum" | "last" | "mean" | "min" | "max" | "ratio" | "distinct" | "none";
        /** @description Why a request was not answered as asked (RFC 9457). */
        Problem: {
            /** @description What happened this time. */
            detail: string;
            /** @description Everything wrong with the request, where that is the problem. */
            errors?: components["schemas"]["FieldProblem"][];
            /** @description Names this request in logs; quote it when asking for help. */
            request_id: string;
            /**
             * Format: int64
             * @description The HTTP status.
             */
            status: number;
            /** @description What the kind is called. */
            title: string;
            /** @description Stable address of this kind of problem, relative to the API or registered with IANA. */
            type: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    listEvents: {
        parameters: {
            query?: {
                /**
                 * @description Go on behind an event, named by its `timestamp`, a comma and its `position`: the last one that arrived before a stream broke off. With `as_of_position` and the same filters, nothing is missing and nothing comes twice.
                 * @example 2026-01-31T09:30:00Z,42
                 */
                after?: string | null;
                /** @description See what was there at this position, instead of now; what was acknowledged later is left out. Answers say it of themselves. */
                as_of_position?: number | null;
                /** @description `next_cursor` of the page before, with the same filters. */
                cursor?: string | null;
                /**
                 * @description Only events up to this day of UTC, which belongs to the range, or before this instant.
                 * @example 2026-01-31
                 */
                end_date?: string | null;
                /**
                 * @description Only events of these types.
                 * @example [
                 *       "signup",
                 *       "visit"
                 *     ]
                 */
                event_type?: string[];
                /**
                 * @description Conditions on properties, as JSON: `{property, op, value}` or `{and: […]}`, `{or: […]}`, `{not: …}`; ops are `eq ne in not_in gt ge lt le contains not_contains is_set is_not_set`. With `"scope": "user"` the attributes of the user are asked; such conditions are joined to others by `and` only, and at most 10,000 users may fit.
                 * @example {"property":"channel","op":"eq","value":"ads"}
                 */
                filters?: string | null;
                /** @description Length of the page, 100 where it is left out; of a stream, which has all events without it, the most events. */
                limit?: number | null;
                /** @description Your organization; another one than your credential's own is refused. */
                org_id?: string | null;
                /**
                 * @description Only events from this day of UTC on, or from this instant on.
                 * @example 2026-01-01
                 */
                start_date?: string | null;
                /**
                 * @description Only events of this user.
                 * @example u_17
                 */
                user_id?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventList"];
                };
            };
        };
    };
    sendEvents: {
        parameters: {
            query?: never;
            header?: {
                /** @description Names this request: sent again with the same body, it has no effect and the same answer. Needed unless every event has an `event_id`. */
                "Idempotency-Key"?: string;
                /** @description `handling=lenient` keeps the good events though others are refused. */
                Prefer?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["EventsBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventsReceipt"];
                };
            };
        };
    };
    getMetricsSummary: {
        parameters: {
            query: {
                /**
                 * @description Last day, which belongs to the range; at most 400 days.
                 * @example 2026-03-28
                 */
                end_date: string;
                /**
                 * @description Which metrics, at most 20, repeated or with commas between; all of them if left out.
                 * @example [
                 *       "revenue",
                 *       "orders"
                 *     ]
                 */
                metrics?: string[];
                /** @description Your organization; may be left out. */
                org_id?: string | null;
                /**
                 * @description First day.
                 * @example 2026-03-01
                 */
                start_date: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MetricsSummary"];
                };
            };
        };
    };
}
