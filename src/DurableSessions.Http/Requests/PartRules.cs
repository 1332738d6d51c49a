namespace DurableSessions.Http.Requests;

/// <summary>
/// What the known types of message parts may hold. Fields that a type does not know, and types that nobody knows, are kept as they came.
/// </summary>
internal static class PartRules
{
    private static readonly string[] ContextTypes = ["memory", "resource", "skill"];
    private static readonly string[] ToolTexts = ["tool_id", "tool_name", "tool_uri", "skill_uri", "tool_status"];

    public static void Check(JsonField part)
    {
        JsonField type = part["type"];
        switch (type.IsGiven ? type.Text() : null)
        {
            case null:
                CheckText(part["text"]);
                break;
            case "text":
                part["text"].RequireText();
                break;
            case "context":
                CheckText(part["uri"]);
                CheckText(part["abstract"]);
                CheckContextType(part["context_type"]);
                break;
            case "image_url":
                CheckImage(part["image_url"]);
                break;
            case "tool":
                CheckTool(part);
                break;
            default:
                break;
        }
    }

    private static void CheckText(JsonField field)
    {
        if (field.IsSet)
        {
            field.RequireText();
        }
    }

    private static void CheckContextType(JsonField type)
    {
        if (type.IsSet && !ContextTypes.Contains(type.Text(), StringComparer.Ordinal))
        {
            throw type.Invalid($"must be one of {string.Join(", ", ContextTypes)}.", "literal_error");
        }
    }

    // Older clients send the URL itself.
    private static void CheckImage(JsonField image)
    {
        JsonField url = image.Value.ValueKind == System.Text.Json.JsonValueKind.String ? image : image.Object()["url"];
        if (string.IsNullOrWhiteSpace(url.Text()))
        {
            throw url.Invalid("must not be empty.");
        }

        CheckText(image["detail"]);
    }

    private static void CheckTool(JsonField part)
    {
        foreach (string name in ToolTexts)
        {
            CheckText(part[name]);
        }

        if (part["duration_ms"] is { IsSet: true } duration)
        {
            duration.RequireNumber();
        }

        foreach (JsonField tokens in (JsonField[])[part["prompt_tokens"], part["completion_tokens"]])
        {
            if (tokens.IsSet)
            {
                tokens.Integer();
            }
        }
    }
}
