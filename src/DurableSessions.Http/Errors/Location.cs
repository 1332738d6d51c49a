using System.Text.Json.Nodes;

namespace DurableSessions.Http.Errors;

/// <summary>The path of a field in a request, such as <c>body.messages.3.role</c>.</summary>
/// <param name="Parent">The path of the object or array around it; <see langword="null"/> at the root.</param>
/// <param name="Name">The field's name or the item's index.</param>
internal sealed record Location(Location? Parent, string Name)
{
    /// <summary>The longest name that is sent back to a client, in characters.</summary>
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
