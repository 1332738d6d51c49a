using System.Text.Json.Nodes;

namespace DurableSessions.Http.Errors;

/// <summary>Where in a request something stands: <c>body.messages.3.role</c>.</summary>
/// <param name="Parent">What it stands in; <see langword="null"/> at the root.</param>
/// <param name="Name">A field's name or an item's index.</param>
internal sealed record Location(Location? Parent, string Name)
{
    /// <summary>The longest name that is repeated to a client that sent it.</summary>
    private const int MaxNameLength = 100;

    public static Location Body { get; } = new(null, "body");

    public static Location Query(string name) => new(new Location(null, "query"), name);

    public static Location Path(string name) => new(new Location(null, "path"), name);

    public static Location Header(string name) => new(new Location(null, "header"), name);

    public Location At(string name) => new(this, name.Length <= MaxNameLength ? name : name[..MaxNameLength]);

    public override string ToString() => string.Join('.', Names());

    public JsonArray ToJson() => [.. Names().Select(static n => (JsonNode)n)];

    private IEnumerable<string> Names() => Parent is null ? [Name] : Parent.Names().Append(Name);
}
