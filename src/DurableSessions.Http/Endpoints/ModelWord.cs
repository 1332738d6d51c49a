using System.Text.Json;
using DurableSessions.Core.Semantics;

namespace DurableSessions.Http.Endpoints;

/// <summary>
/// What the host says of its model, where it has one: <c>ok</c>, or <c>away</c> while it is not asked. The host is ready all the same.
/// </summary>
internal sealed class ModelWord(IModelStatus? model = null)
{
    /// <summary>Writes the property <c>model</c>, or nothing where there is no model.</summary>
    public void Write(Utf8JsonWriter json)
    {
        if (model is not null)
        {
            json.WriteString("model", model.IsAway ? "away" : "ok");
        }
    }
}
