using System.Text;
using DurableSessions.Core.State;

namespace DurableSessions.Http.Tests.BadInput;

/// <summary>The table of bad input. <c>{id}</c> stands for a session that exists and must stay as it is.</summary>
internal static class BadRequests
{
    private const string Messages = "POST /api/v1/sessions/{id}/messages";
    private const string Batch = "POST /api/v1/sessions/{id}/messages/batch";
    private const string Commit = "POST /api/v1/sessions/{id}/commit";
    private const string Digest = "POST /api/v1/sessions/{id}/archives/archive_001/digest";
    private const string Create = "POST /api/v1/sessions";
    private const string Good = """{"role":"user","content":"x"}""";

    public static IReadOnlyDictionary<string, BadRequest> All { get; } =
        ((IEnumerable<BadRequest>)
            [
                .. Bodies(), .. Digests(), .. Fields(), .. Settings(), .. Changes(), .. Targets(), .. Queries(), .. Headers(),
                .. BadMemoryRequests.All(),
            ])
            .ToDictionary(static b => b.Name);

    private static IEnumerable<BadRequest> Digests()
    {
        yield return Invalid("a digest without a mode", Digest, "{}", "body.mode");
        yield return Invalid("a digest of a mode that is not there", Digest, """{"mode":"Preview"}""", "body.mode");
        yield return Invalid("a preview of a version", Digest, """{"mode":"preview","version":1}""", "body.version");
        yield return Invalid("a restored digest without a version", Digest, """{"mode":"restore"}""", "body.version");
        yield return Invalid("a restored digest of version 0", Digest, """{"mode":"restore","version":0}""", "body.version");
        yield return Invalid(
            "a restored digest with instructions", Digest, """{"mode":"restore","version":1,"instructions":"x"}""", "body.instructions");
        yield return Invalid("blank instructions", Digest, """{"mode":"preview","instructions":" "}""", "body.instructions");
        yield return Invalid(
            "long instructions", Digest, $$"""{"mode":"replace","instructions":"{{new string('x', 2_001)}}"}""", "body.instructions");
        yield return BadRequest.Of(
            "a digest of an archive that is not there", 404, "NOT_FOUND", null, Digest, """{"mode":"preview"}""");
    }

    private static IEnumerable<BadRequest> Bodies()
    {
        yield return Invalid("no body", Messages, "", "body");
        yield return Invalid("a truncated object", Messages, """{"role":"user","content":"x""", "body");
        yield return Invalid("trailing data", Messages, Good + "x", "body");
        yield return Invalid("two values", Messages, Good + Good, "body");
        yield return Invalid("a trailing comma", Messages, """{"role":"user","content":"x",}""", "body");
        yield return Invalid("a comment", Messages, """{"role":"user",/* */"content":"x"}""", "body");
        yield return Invalid("single quotes", Messages, "{'role':'user'}", "body");
        yield return Invalid("NaN", Messages, """{"role":"user","parts":[{"type":"x","a":NaN}]}""", "body");
        yield return Invalid("a leading zero", Messages, """{"role":"user","parts":[{"type":"x","a":01}]}""", "body");
        yield return Invalid("a raw control character", Messages, "{\"role\":\"user\",\"content\":\"a\nb\"}", "body");
        yield return Invalid("a raw NUL", Messages, "{\"role\":\"user\",\"content\":\"a\0b\"}", "body");
        yield return Invalid("white space alone", Messages, "  \r\n ", "body");
        yield return Invalid("an array", Messages, "[]", "body");
        yield return Invalid("a string", Messages, "\"x\"", "body");
        yield return Invalid("null", Messages, "null", "body");
        yield return Invalid(
            "257 deep",
            Messages,
            "{\"role\":\"user\",\"parts\":[{\"type\":\"x\",\"a\":" + new string('[', 254) + new string(']', 254) + "}]}",
            "body");
        yield return Invalid(
            "65 deep, where there are no messages",
            Create,
            "{\"memory_policy\":{\"x\":" + new string('[', 63) + new string(']', 63) + "}}",
            "body");
        yield return Invalid("the same name twice, where there are no messages", Create, """{"session_id":"a","session_id":"a"}""", "body");
        yield return Invalid("100,000 deep", Messages, new string('[', 100_000), "body");
        yield return new BadRequest("UTF-16", 400, "INVALID_ARGUMENT", "body", $"{Messages} HTTP/1.1", Encoding.Unicode.GetBytes(Good));
        yield return Invalid("a body shorter than it says", Messages, Good, "body") with { Length = 1000 };
        yield return Invalid("a form", Messages, "role=user", "header.Content-Type") with
        {
            ContentType = "application/x-www-form-urlencoded",
        };
        yield return Invalid("plain text", Messages, Good, "header.Content-Type") with { ContentType = "text/plain" };
        yield return Invalid("no content type", Messages, Good, "header.Content-Type") with { ContentType = null };
        yield return Invalid("another charset", Messages, Good, "header.Content-Type") with
        {
            ContentType = "application/json; charset=latin1",
        };
        yield return Invalid("a compressed body", Messages + " HTTP/1.1\r\nContent-Encoding: gzip", Good, "header.Content-Encoding");
        yield return new BadRequest("a body of 33 MiB", 413, "RESOURCE_EXHAUSTED", null, $"{Messages} HTTP/1.1", [])
        {
            Length = 33 * 1024 * 1024,
        };
        yield return Invalid("a commit of an array", Commit, "[]", "body");
        yield return Invalid("a cancel of an array", "POST /api/v1/tasks/c123/cancel", "[]", "body");
    }

    private static IEnumerable<BadRequest> Fields()
    {
        yield return Invalid("no role", Messages, """{"content":"x"}""", "body.role");
        yield return Invalid("a null role", Messages, """{"role":null,"content":"x"}""", "body.role");
        yield return Invalid("a number for a role", Messages, """{"role":1,"content":"x"}""", "body.role");
        yield return Invalid("a long role", Messages, $$"""{"role":"{{new string('r', 4097)}}","content":"x"}""", "body.role");
        yield return Invalid("neither content nor parts", Messages, """{"role":"user"}""", "body.content");
        yield return Invalid("null for both", Messages, """{"role":"user","content":null,"parts":null}""", "body.content");
        yield return Invalid("a number for content", Messages, """{"role":"user","content":5}""", "body.content");
        yield return Invalid("an object for content", Messages, """{"role":"user","content":{}}""", "body.content");
        yield return Invalid(
            "content that loses, and is wrong", Messages, """{"role":"user","content":5,"parts":[{"text":"x"}]}""", "body.content");
        yield return Invalid("an object for parts", Messages, """{"role":"user","parts":{}}""", "body.parts");
        yield return Invalid("a string for parts", Messages, """{"role":"user","parts":"x"}""", "body.parts");
        yield return Invalid("a string for a part", Messages, """{"role":"user","parts":["x"]}""", "body.parts.0");
        yield return Invalid("null for a part", Messages, """{"role":"user","parts":[{"text":"x"},null]}""", "body.parts.1");
        yield return Invalid("a number for created_at", Messages, """{"role":"user","content":"x","created_at":1}""", "body.created_at");
        yield return Invalid(
            "a long created_at",
            Messages,
            $$"""{"role":"user","content":"x","created_at":"{{new string('2', 4097)}}"}""",
            "body.created_at");
        yield return Invalid("a number for turn_id", Messages, """{"role":"user","content":"x","turn_id":1}""", "body.turn_id");
        yield return Invalid(
            "a long turn_id", Messages, $$"""{"role":"user","content":"x","turn_id":"{{new string('t', 4097)}}"}""", "body.turn_id");
        yield return Invalid(
            "a string for sources", Messages, """{"role":"user","content":"x","source_message_ids":"a"}""", "body.source_message_ids");
        yield return Invalid(
            "a number for a source",
            Messages,
            """{"role":"user","content":"x","source_message_ids":["a",1]}""",
            "body.source_message_ids.1");
        yield return Invalid(
            "1,001 sources",
            Messages,
            $$"""{"role":"user","content":"x","source_message_ids":[{{string.Join(',', Enumerable.Repeat("\"a\"", 1_001))}}]}""",
            "body.source_message_ids");
        yield return Invalid(
            "1,001 parts",
            Messages,
            $$"""{"role":"user","parts":[{{string.Join(',', Enumerable.Repeat("{}", 1_001))}}]}""",
            "body.parts");
        yield return Invalid(
            "1,001 parts in a batch",
            Batch,
            $$"""{"messages":[{{Good}},{"role":"user","parts":[{{string.Join(',', Enumerable.Repeat("{}", 1_001))}}]}]}""",
            "body.messages.1.parts");
        yield return Invalid(
            "2,000,003 JSON tokens",
            Messages,
            $$"""{"x":[{{string.Join(',', Enumerable.Repeat('0', 1_999_998))}}]}""",
            "body");
        yield return Invalid(
            "a name twice among 10,001",
            Messages,
            $$"""{"role":"user","parts":[{ {{string.Join(',', Enumerable.Range(0, 10_000).Select(static i => $"\"{i}\":0"))}},"0":1}]}""",
            "body");
        yield return Invalid(
            "a long peer", Messages, $$"""{"role":"user","content":"x","peer_id":"{{new string('p', 4097)}}"}""", "body.peer_id");
        yield return Invalid("no messages", Batch, "{}", "body.messages");
        yield return Invalid("an object for messages", Batch, """{"messages":{}}""", "body.messages");
        yield return Invalid("a string for a message", Batch, $$"""{"messages":[{{Good}},"x"]}""", "body.messages.1");
        yield return Invalid("one bad message of two", Batch, $$"""{"messages":[{{Good}},{"role":"user"}]}""", "body.messages.1.content");
        yield return Invalid(
            "101 messages", Batch, $$"""{"messages":[{{string.Join(',', Enumerable.Repeat(Good, 101))}}]}""", "body.messages");
    }

    private static IEnumerable<BadRequest> Settings()
    {
        yield return Invalid("a number for an id", Create, """{"session_id":1}""", "body.session_id");
        yield return Invalid("an empty id", Create, """{"session_id":""}""", "body.session_id");
        yield return Invalid("a long id", Create, $$"""{"session_id":"{{new string('i', 129)}}"}""", "body.session_id");
        yield return Invalid("an id of a dot", Create, """{"session_id":"."}""", "body.session_id");
        yield return Invalid("an id with two @", Create, """{"session_id":"a@b@c"}""", "body.session_id");
        yield return Invalid("an id with NUL", Create, """{"session_id":"a\u0000"}""", "body.session_id");
        yield return Invalid("an id with a line feed at its end", Create, """{"session_id":"a\n"}""", "body.session_id");
        yield return Invalid("an id with a slash", Create, """{"session_id":"a/b"}""", "body.session_id");
        yield return Denied("an id that is a way out", Create, """{"session_id":".."}""", "body.session_id");
        yield return Denied("an id with a backslash", Create, """{"session_id":"a\\b"}""", "body.session_id");
        yield return Invalid("a string for a policy", Create, """{"auto_commit_policy":"on"}""", "body.auto_commit_policy");
        yield return Invalid(
            "an unknown field of a policy", Create, """{"auto_commit_policy":{"threshold":1}}""", "body.auto_commit_policy.threshold");
        yield return Invalid(
            "null in a policy",
            Create,
            """{"auto_commit_policy":{"keep_recent_count":null}}""",
            "body.auto_commit_policy.keep_recent_count");
        yield return Invalid(
            "a string in a policy",
            Create,
            """{"auto_commit_policy":{"keep_recent_count":"3"}}""",
            "body.auto_commit_policy.keep_recent_count");
        yield return Invalid(
            "half in a policy",
            Create,
            """{"auto_commit_policy":{"keep_recent_count":1.5}}""",
            "body.auto_commit_policy.keep_recent_count");
        yield return Invalid("an array for a memory policy", Create, """{"memory_policy":[]}""", "body.memory_policy");
        yield return Invalid(
            "a string for enabled", Create, """{"memory_policy":{"self":{"enabled":"true"}}}""", "body.memory_policy.self.enabled");
        yield return Invalid(
            "an empty memory type", Create, """{"memory_policy":{"memory_types":[""]}}""", "body.memory_policy.memory_types.0");
        yield return Invalid(
            "a number for a memory type",
            Create,
            """{"memory_policy":{"memory_types":["events",1]}}""",
            "body.memory_policy.memory_types.1");
        yield return Invalid(
            "a memory type there is not",
            Create,
            """{"memory_policy":{"memory_types":["events","dreams"]}}""",
            "body.memory_policy.memory_types.1");
        yield return Invalid(
            "a memory type in capitals", Create, """{"memory_policy":{"memory_types":["Events"]}}""", "body.memory_policy.memory_types.0");
        yield return Invalid(
            "an unknown key of a memory policy",
            Create,
            """{"memory_policy":{"self":{"enabled":true},"other":{"enabled":true}}}""",
            "body.memory_policy.other");
        foreach (string target in (string[])["self", "peer", "working_memory"])
        {
            yield return Invalid(
                $"an unknown key of {target}",
                Create,
                $$$"""{"memory_policy":{"{{{target}}}":{"enabled":true,"on":1}} }""",
                $"body.memory_policy.{target}.on");
        }

        yield return Invalid(
            "a large memory policy",
            Create,
            $$$"""{"memory_policy":{"self":{"enabled":true{{{new string(' ', 17_000)}}} } } }""",
            "body.memory_policy");
        yield return Invalid(
            "an unknown field of extraction",
            Create,
            """{"memory_extraction_config":{"event":{}}}""",
            "body.memory_extraction_config.event");
        yield return Invalid(
            "an unknown field of events",
            Create,
            """{"memory_extraction_config":{"events":{"tag":[]}}}""",
            "body.memory_extraction_config.events.tag");
        yield return Invalid(
            "a number for a tag",
            Create,
            """{"memory_extraction_config":{"events":{"tags":[1]}}}""",
            "body.memory_extraction_config.events.tags.0");
        string tags = string.Join(',', Enumerable.Range(0, EventTags.MaxTags + 1).Select(static i => $"\"k{i}=v\""));
        yield return Invalid(
            "too many tags",
            Create,
            $$$$"""{"memory_extraction_config":{"events":{"tags":[{{{{tags}}}}]}}}""",
            "body.memory_extraction_config.events.tags");
        yield return Invalid(
            "too many tags of a commit",
            Commit,
            $$$$"""{"extraction_metadata":{"event":{"tags":[{{{{tags}}}}]}}}""",
            "body.extraction_metadata.event.tags");
        foreach (string tag in (string[])["a", "a=", "=b", "a=b=c", "k=" + new string('v', EventTags.MaxTagLength)])
        {
            yield return Invalid(
                $"'{tag}' for a tag",
                Commit,
                $$$$"""{"extraction_metadata":{"event":{"tags":["a=b","{{{{tag}}}}"]}}}""",
                "body.extraction_metadata.event.tags.1");
        }

        yield return Invalid("a string to keep", Commit, """{"keep_recent_count":"3"}""", "body.keep_recent_count");
        yield return Invalid("null to keep", Commit, """{"keep_recent_count":null}""", "body.keep_recent_count");
        yield return Invalid("3.0 to keep", Commit, """{"keep_recent_count":3.0}""", "body.keep_recent_count");
        yield return Invalid("1e3 to keep", Commit, """{"keep_recent_count":1e3}""", "body.keep_recent_count");
        yield return Invalid("less than nothing to keep", Commit, """{"keep_recent_count":-1}""", "body.keep_recent_count");
        yield return Invalid("too many to keep", Commit, """{"keep_recent_count":10001}""", "body.keep_recent_count");
        yield return Invalid(
            "far too many to keep", Commit, $$"""{"keep_recent_count":{{new string('9', 10_000)}}}""", "body.keep_recent_count");
        yield return Invalid("true to keep", Commit, """{"keep_recent_count":true}""", "body.keep_recent_count");
        yield return Invalid("an unknown retention mode", Commit, """{"retention_mode":"turns"}""", "body.retention_mode");
        yield return Invalid("an empty retention mode", Commit, """{"retention_mode":""}""", "body.retention_mode");
        yield return Invalid("true for a retention mode", Commit, """{"retention_mode":true}""", "body.retention_mode");
        yield return Invalid("turns to keep without a mode", Commit, """{"keep_recent_turn_count":1}""", "body.keep_recent_turn_count");
        yield return Invalid(
            "a budget to keep without a mode",
            Commit,
            """{"retention_mode":null,"retained_message_token_budget":1}""",
            "body.retained_message_token_budget");
        yield return Invalid("steps to keep without a mode", Commit, """{"min_raw_tail_steps":0}""", "body.min_raw_tail_steps");
        foreach ((string field, string value) in (ValueTuple<string, string>[])
            [
                ("keep_recent_turn_count", "-1"), ("keep_recent_turn_count", "10001"),
                ("keep_recent_turn_count", "1.5"), ("keep_recent_turn_count", "true"),
                ("retained_message_token_budget", "0"), ("retained_message_token_budget", "-1"), ("retained_message_token_budget", "1e3"),
                ("retained_message_token_budget", "9223372036854775808"), ("retained_message_token_budget", "\"6000\""),
                ("min_raw_tail_steps", "-1"), ("min_raw_tail_steps", "10001"), ("min_raw_tail_steps", "[]"),
            ])
        {
            yield return Invalid(
                $"{value} for {field}", Commit, $$"""{"retention_mode":"turn_budget","{{field}}":{{value}}}""", $"body.{field}");
        }

        yield return Invalid("a string for a webhook", Commit, """{"webhook":"https://hooks.example/"}""", "body.webhook");
        yield return Invalid("a number for a webhook's URL", Commit, """{"webhook":{"url":1}}""", "body.webhook.url");
        yield return Invalid("unknown in a webhook", Commit, """{"webhook":{"uri":"https://hooks.example/"}}""", "body.webhook.uri");
        yield return Invalid(
            "a webhook where none is taken", Commit, """{"webhook":{"url":"https://hooks.example/"}}""", "body.webhook.url");
        yield return Invalid("unknown metadata", Commit, """{"extraction_metadata":{"events":{}}}""", "body.extraction_metadata.events");
        yield return Invalid("a string for metadata", Commit, """{"extraction_metadata":"x"}""", "body.extraction_metadata");
        yield return Invalid(
            "a string for tags", Commit, """{"extraction_metadata":{"event":{"tags":"a=b"}}}""", "body.extraction_metadata.event.tags");
    }

    private static IEnumerable<BadRequest> Changes()
    {
        const string Config = "PATCH /api/v1/sessions/{id}/config";
        const string Used = "POST /api/v1/sessions/{id}/used";
        yield return Invalid("an unknown setting", Config, """{"memory_policy":{}}""", "body.memory_policy");
        yield return Invalid("true for a policy", Config, """{"auto_commit_policy":true}""", "body.auto_commit_policy");
        yield return Invalid(
            "an unknown field of a changed policy", Config, """{"auto_commit_policy":{"x":1}}""", "body.auto_commit_policy.x");
        yield return Invalid(
            "null in a changed policy",
            Config,
            """{"auto_commit_policy":{"idle_timeout_seconds":null}}""",
            "body.auto_commit_policy.idle_timeout_seconds");
        yield return Invalid(
            "an object for tags",
            Config,
            """{"memory_extraction_config":{"events":{"tags":{}}}}""",
            "body.memory_extraction_config.events.tags");
        yield return Invalid("a string for contexts", Used, """{"contexts":"viking://a"}""", "body.contexts");
        yield return Invalid("a number for a context", Used, """{"contexts":[1]}""", "body.contexts.0");
        yield return Invalid("a string for a skill", Used, """{"skill":"viking://s"}""", "body.skill");
    }

    private static IEnumerable<BadRequest> Targets()
    {
        foreach (string suffix in (string[])["", "/context", "/archives", "/archives/archive_001"])
        {
            yield return Denied($"a way out in GET{suffix}", $"GET /api/v1/sessions/..%2f..%2fetc{suffix}", "", "path.id");
            yield return Denied($"a backslash in GET{suffix}", $"GET /api/v1/sessions/a%5Cb{suffix}", "", "path.id");
            yield return Invalid($"an encoded slash in GET{suffix}", $"GET /api/v1/sessions/a%2Fb{suffix}", "", "path.session_id");
            yield return Invalid($"a space in GET{suffix}", $"GET /api/v1/sessions/a%20b{suffix}", "", "path.session_id");
            yield return Invalid(
                $"a long id in GET{suffix}", $"GET /api/v1/sessions/{new string('i', 129)}{suffix}", "", "path.session_id");
        }

        foreach (string suffix in (string[])["/messages", "/messages/batch", "/commit"])
        {
            yield return Denied($"a way out in POST{suffix}", $"POST /api/v1/sessions/%2e%2e{suffix}", Good, "path.id");
            yield return Denied($"a plain way out in POST{suffix}", $"POST /api/v1/sessions/..{suffix}", Good, "path.id");
            yield return Invalid($"a dot in POST{suffix}", $"POST /api/v1/sessions/%2e{suffix}", Good, "path.id");
            yield return Invalid($"an encoded slash in POST{suffix}", $"POST /api/v1/sessions/a%2Fb{suffix}", Good, "path.session_id");
            yield return Invalid($"what is not ASCII in POST{suffix}", $"POST /api/v1/sessions/%C3%A9{suffix}", Good, "path.session_id");
        }

        yield return Invalid("an encoded slash in DELETE", "DELETE /api/v1/sessions/a%2Fb", "", "path.session_id");
        yield return Denied("a way out in an archive", "GET /api/v1/sessions/{id}/archives/..%5c", "", "path.id");
        yield return Invalid("an encoded slash in an archive", "GET /api/v1/sessions/{id}/archives/archive_001%2Fx", "", "path.archive_id");
        yield return NotFound("an archive that is no archive", "GET /api/v1/sessions/{id}/archives/1");
        yield return NotFound("an archive of one digit", "GET /api/v1/sessions/{id}/archives/archive_1");
        yield return NotFound("an archive of zero", "GET /api/v1/sessions/{id}/archives/archive_000");
        yield return NotFound("an archive of a huge number", "GET /api/v1/sessions/{id}/archives/archive_99999999999999999999");
        yield return NotFound("a negative archive", "GET /api/v1/sessions/{id}/archives/archive_-01");
        yield return Denied("a way out in a task", "GET /api/v1/tasks/..%2fx", "", "path.id");
        yield return Invalid("a percent in a task", "GET /api/v1/tasks/a%25b", "", "path.task_id");
        yield return NotFound("a task that is not there", "GET /api/v1/tasks/nothing");
        yield return NotFound("a cancel of a task that is not there", $"POST /api/v1/tasks/c{new string('0', 31)}/cancel");
        yield return NotFound("a retry of a task that is not there", $"POST /api/v1/tasks/c{new string('0', 31)}/retry");
        yield return NotFound("the root", "GET /");
        yield return NotFound("an empty id in a path", "GET /api/v1/sessions//context");
        yield return Unknown("a wrong method", "PUT /api/v1/sessions/{id}/messages");
        yield return Unknown("an unknown method", "BREW /api/v1/sessions/{id}");
        yield return Unknown("OPTIONS", "OPTIONS /api/v1/sessions");
        yield return Unknown("GET for a commit", "GET /api/v1/sessions/{id}/commit");
    }

    private static IEnumerable<BadRequest> Queries()
    {
        foreach (string value in (string[])
            ["-1", "10000001", "1.5", "x", "1e3", "NaN", "0x10", "99999999999999999999", "%00", "5%00", "1&token_budget=2"])
        {
            yield return Invalid(
                $"a budget of {value}", $"GET /api/v1/sessions/{{id}}/context?token_budget={value}", "", "query.token_budget");
        }

        yield return Invalid(
            "a context for a question without a word", "GET /api/v1/sessions/{id}/context?query=%20%0a", "", "query.query");
        yield return Invalid(
            "a context for two questions", "GET /api/v1/sessions/{id}/context?query=a&query=b", "", "query.query");
        yield return Invalid("a limit of 0", "GET /api/v1/sessions?limit=0", "", "query.limit");
        yield return Invalid("a limit of 1001", "GET /api/v1/sessions?limit=1001", "", "query.limit");
        yield return Invalid("a malformed cursor", "GET /api/v1/sessions?cursor=%25%25", "", "query.cursor");
        yield return Invalid("a cursor of NUL", "GET /api/v1/sessions?cursor=AAAA", "", "query.cursor");
        yield return Invalid("a long cursor", $"GET /api/v1/sessions?cursor={new string('c', 5000)}", "", "query.cursor");
        yield return Invalid("auto_create=maybe", "GET /api/v1/sessions/{id}?auto_create=maybe", "", "query.auto_create");
        yield return Invalid("101 archives", "GET /api/v1/sessions/{id}/archives?limit=101", "", "query.limit");
        yield return Invalid("an archive cursor of 0", "GET /api/v1/sessions/{id}/archives?cursor=0", "", "query.cursor");
        yield return Invalid("201 tasks", "GET /api/v1/tasks?limit=201", "", "query.limit");
        yield return Invalid("an unknown status", "GET /api/v1/tasks?status=done", "", "query.status");
        yield return Invalid("a status in capitals", "GET /api/v1/tasks?status=Running", "", "query.status");
        yield return Denied("a way out in resource_id", "GET /api/v1/tasks?resource_id=..", "", "query.resource_id");
        yield return Invalid("a negative wait", "POST /api/v1/sessions/{id}/commit?wait=-1", "", "query.wait");
        yield return Invalid("a wait of 301", "POST /api/v1/sessions/{id}/commit?wait=301", "", "query.wait");
        yield return Invalid("a wait for true", "POST /api/v1/sessions/{id}/commit?wait=true", "", "query.wait");
    }

    private static IEnumerable<BadRequest> Headers()
    {
        const string Get = "GET /api/v1/sessions/{id} HTTP/1.1\r\n";
        yield return Invalid("a request id with a space", Get + "X-Request-ID: a b", "", "header.X-Request-ID");
        yield return Invalid("an empty request id", Get + "X-Request-ID: ", "", "header.X-Request-ID");
        yield return Invalid("a long request id", Get + "X-Request-ID: " + new string('x', 129), "", "header.X-Request-ID");
        yield return Invalid("two request ids", Get + "X-Request-ID: a\r\nX-Request-ID: b", "", "header.X-Request-ID");
        yield return Invalid("an account with a space", Get + "X-OpenViking-Account: a b", "", "header.X-OpenViking-Account");
        yield return Denied("a user that is a way out", Get + "X-OpenViking-User: ../x", "", "header.X-OpenViking-User");
        yield return Invalid("two users", Get + "X-OpenViking-User: a\r\nX-OpenViking-User: b", "", "header.X-OpenViking-User");
        yield return Invalid("an empty key", Messages + " HTTP/1.1\r\nIdempotency-Key: ", Good, "header.Idempotency-Key");
        yield return Invalid("a key with a space", Messages + " HTTP/1.1\r\nIdempotency-Key: a b", Good, "header.Idempotency-Key");
        yield return Invalid(
            "a long key", Messages + " HTTP/1.1\r\nIdempotency-Key: " + new string('k', 257), Good, "header.Idempotency-Key");
        yield return Invalid(
            "two keys", Messages + " HTTP/1.1\r\nIdempotency-Key: a\r\nIdempotency-Key: b", Good, "header.Idempotency-Key");
        yield return Invalid("100,000 bytes of headers", Get + "X-Large: " + new string('h', 100_000), "", "header");
        yield return Invalid(
            "500 headers",
            Get + string.Join("\r\n", Enumerable.Range(0, 500).Select(static i => $"X-{i}: {new string('h', 100)}")),
            "",
            "header");
    }

    private static BadRequest Invalid(string name, string head, string body, string field) =>
        BadRequest.Of(name, 400, "INVALID_ARGUMENT", field, head, body);

    private static BadRequest Denied(string name, string head, string body, string field) =>
        BadRequest.Of(name, 403, "PERMISSION_DENIED", field, head, body);

    private static BadRequest NotFound(string name, string head) => BadRequest.Of(name, 404, "NOT_FOUND", null, head, "");

    private static BadRequest Unknown(string name, string head) => BadRequest.Of(name, 405, "UNKNOWN", null, head, "");
}
