namespace DurableSessions.Semantics.Extractive;

/// <summary>The kinds of names, in the order in which the overview lists them.</summary>
internal enum NameKind
{
    Name,
    File,
    Identifier,
    Reference,
    Date,
    Figure,
}
