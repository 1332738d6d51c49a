namespace DurableSessions.Server.Serving;

/// <summary>The lines that the server writes to the console when it has started.</summary>
internal static class Welcome
{
    /// <summary>The beginning of the last line, which lists the URLs; a parent process may wait for this line.</summary>
    public const string Serving = "Serving on ";

    public static async Task WriteAsync(TextWriter output, ICollection<string> urls, string storage, bool hasKeys)
    {
        string url = urls.First();
        string key = hasKeys ? " -H \"X-API-Key: $KEY\"" : "";
        const string Json = "-H 'Content-Type: application/json'";
        string trust = hasKeys
            ? "Every request needs a key."
            : "Dev mode: there are no keys, so it answers every client on this machine, and only those.";
        await output.WriteLineAsync($$"""
            Durable sessions {{ServerVersion.Text}}
            Data in {{storage}}
            {{trust}}

            Append a message, commit the session, and see how the commit goes:
              curl -s {{url}}/api/v1/sessions/demo/messages{{key}} {{Json}} -d '{"role":"user","content":"Hello"}'
              curl -s {{url}}/api/v1/sessions/demo/commit{{key}} {{Json}} -d '{}'
              curl -s '{{url}}/api/v1/tasks?resource_id=demo'{{key}}

            {{Serving}}{{string.Join(' ', urls)}}
            """);
    }
}
