using System.Text.Json;

namespace DurableSessions.Semantics.Chat;

/// <summary>The instructions to the model, from the files in <c>Prompts</c>.</summary>
internal static class Prompt
{
    public static string Digest { get; } = Read("digest.md");

    public static string Again { get; } = Read("again.md");

    public static JsonElement Schema { get; } = JsonDocument.Parse(Read("digest.schema.json")).RootElement;

    private static string Read(string name)
    {
        using Stream stream = typeof(Prompt).Assembly.GetManifestResourceStream(name) ?? throw new FileNotFoundException(name);
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
