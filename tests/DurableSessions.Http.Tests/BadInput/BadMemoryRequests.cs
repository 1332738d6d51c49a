namespace DurableSessions.Http.Tests.BadInput;

/// <summary>The rows of the table that are about memories.</summary>
internal static class BadMemoryRequests
{
    private const string Memory = "PUT /api/v1/memories/preferences/tea";
    private const string Good = """{"content":"green"}""";

    public static IEnumerable<BadRequest> All()
    {
        yield return Invalid("a memory without content", Memory, "{}", "body.content");
        yield return Invalid("a memory of null", Memory, """{"content":null}""", "body.content");
        yield return Invalid("a memory of a number", Memory, """{"content":1}""", "body.content");
        yield return Invalid("an empty memory", Memory, """{"content":""}""", "body.content");
        yield return Invalid("a memory of white space", Memory, """{"content":" \n\t"}""", "body.content");
        yield return Invalid("a memory of 8,001 characters", Memory, $$"""{"content":"{{new string('x', 8_001)}}"}""", "body.content");
        yield return Invalid("a memory that is no object", Memory, "[]", "body");
        yield return Invalid("no memory at all", Memory, "", "body");
        yield return Invalid("a memory of another category", "PUT /api/v1/memories/dreams/tea", Good, "path.category");
        yield return Invalid("a category in upper case", "PUT /api/v1/memories/Preferences/tea", Good, "path.category");
        yield return Invalid("a memory with a blank in its name", "PUT /api/v1/memories/events/a%20b", Good, "path.name");
        yield return Invalid(
            "a memory of 129 characters in its name", $"PUT /api/v1/memories/events/{new string('x', 129)}", Good, "path.name");
        yield return Invalid("a weak ETag", Memory + " HTTP/1.1\r\nIf-Match: W/\"x\"", Good, "header.If-Match");
        yield return Invalid("an ETag without quotes", Memory + " HTTP/1.1\r\nIf-Match: x", Good, "header.If-Match");
        yield return Invalid("two ETags", Memory + " HTTP/1.1\r\nIf-Match: \"a\", \"b\"", Good, "header.If-Match");
        yield return Invalid("a write if none of a version", Memory + " HTTP/1.1\r\nIf-None-Match: \"a\"", Good, "header.If-None-Match");
        yield return Invalid("a write if both", Memory + " HTTP/1.1\r\nIf-Match: \"a\"\r\nIf-None-Match: *", Good, "header.If-None-Match");
        yield return Invalid(
            "a deletion by a weak ETag", "DELETE /api/v1/memories/events/x HTTP/1.1\r\nIf-Match: W/\"x\"", "", "header.If-Match");
        yield return Invalid("a listing of another category", "GET /api/v1/memories?category=dreams", "", "query.category");
        yield return Invalid("a listing of none", "GET /api/v1/memories?limit=0", "", "query.limit");
        yield return Invalid("a listing of 1,001", "GET /api/v1/memories?limit=1001", "", "query.limit");
        yield return Invalid("a listing from nowhere", "GET /api/v1/memories?cursor=x", "", "query.cursor");
        yield return Invalid("a listing from another category", "GET /api/v1/memories?cursor=dreams/x", "", "query.cursor");
        yield return Invalid("a search for nothing", "GET /api/v1/memories/search", "", "query.q");
        yield return Invalid("a search for an empty text", "GET /api/v1/memories/search?q=", "", "query.q");
        yield return Invalid("a search for 101 hits", "GET /api/v1/memories/search?q=x&limit=101", "", "query.limit");
        yield return Invalid(
            "a context with some memories", "GET /api/v1/sessions/{id}/context?include_memories=some", "", "query.include_memories");
        yield return BadRequest.Of(
            "a memory outside its folder", 403, "PERMISSION_DENIED", "path.id", "PUT /api/v1/memories/events/..%2f..%2fx", Good);
        yield return BadRequest.Of("a POST to a memory", 405, "UNKNOWN", null, "POST /api/v1/memories/events/x", Good);
    }

    private static BadRequest Invalid(string name, string head, string body, string field) =>
        BadRequest.Of(name, 400, "INVALID_ARGUMENT", field, head, body);
}
