namespace DurableSessions.Http.Tests.Hosting;

/// <summary>The text of an answer that is an error, to the letter.</summary>
internal static class ErrorText
{
    /// <summary>Of an error with these details, which are JSON.</summary>
    public static string Of(string code, string message, string details = "{}") =>
        $$$"""{"status":"error","error":{"code":"{{{code}}}","message":"{{{message}}}","details":{{{details}}}}}""";

    /// <summary>Of an error about one thing, which its details name.</summary>
    public static string Of(string code, string message, string type, string resource) =>
        Of(code, message, $$"""{"type":"{{type}}","resource":"{{resource}}"}""");
}
