using System.Text.Json;

namespace DurableSessions.Semantics.Chat;

/// <summary>Instructions to the model, and the schema of its answer: files in <c>Prompts</c>.</summary>
internal sealed record Prompt(string Instructions, JsonElement Schema)
{
    /// <summary>Asks for a digest of everything, and for changes of memories.</summary>
    public static Prompt Digest { get; } = Read("digest");

    /// <summary>Asks what the owner's words alone change in memories.</summary>
    public static Prompt Owner { get; } = Read("owner");

    /// <summary>Asks again, after an answer that could not be used.</summary>
    public static string Again { get; } = ReadText("again.md");

    /// <summary>Comes before what the owner asks of one digest.</summary>
    public static string Asked { get; } = ReadText("asked.md");

    /// <summary>The same, with what the owner asks of this digest.</summary>
    /// <param name="instructions">What the owner asks; <see langword="null"/>: nothing.</param>
    public Prompt With(string? instructions) =>
        instructions is null ? this : this with { Instructions = $"{Instructions}\n\n{Asked}{instructions}" };

    private static Prompt Read(string name) =>
        new(ReadText($"{name}.md"), JsonDocument.Parse(ReadText($"{name}.schema.json")).RootElement);

    private static string ReadText(string name)
    {
        using Stream stream = typeof(Prompt).Assembly.GetManifestResourceStream(name) ?? throw new FileNotFoundException(name);
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
